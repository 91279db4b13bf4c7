import { useQuery } from "@tanstack/react-query";
import { problemOf } from "../api/problems.ts";
import { useMe } from "../api/session.ts";
import { Action } from "../design/Action.tsx";
import { DateField } from "../design/DateField.tsx";
import { Meter } from "../design/Meter.tsx";
import { Notice } from "../design/Notice.tsx";
import { Reading } from "../design/Panel.tsx";
import { Problem } from "../design/Problem.tsx";
import { Table } from "../design/Table.tsx";
import { To } from "../design/To.tsx";
import { dayIn } from "../time/dates.ts";
import { type Preview, previewQuery, sameFileQuery } from "./queries.ts";
import type { ContactFile } from "./reading.ts";
import {
  checkText,
  count,
  moreReasons,
  placeOf,
  repeatedRows,
  sizeText,
  takenBefore,
  texts,
  withoutNumber,
} from "./texts.ts";
import { COLUMNS, type NewUpload, type Plan } from "./useNewUpload.ts";
import { type SendingFile, useSending } from "./useSending.ts";
import { useTargetNames } from "./useTargetNames.ts";

interface Props {
  upload: NewUpload;
  file: ContactFile;
  plan: Plan;
}

/** Says what would become of the first rows, asks from which day on they hold, and sends the file. */
export function CheckStep({ upload, file, plan }: Props) {
  const { days } = upload;
  const { today } = useMe();
  const query = useQuery(previewQuery({ file, mapping: null, ...plan, days }));
  const sending = useSending(file, plan, days);
  const error = sending.error ?? query.error;
  const errorsOf = (name: string) => problemOf(error)?.of(name);
  return (
    <div className="stack">
      <SameFile file={file} />
      <div className="row days">
        <DateField
          label={texts.from}
          name="effective_from"
          errors={errorsOf("effective_from")}
          value={days.from}
          today={today}
          onChange={(from) => upload.setDays({ ...days, from })}
        />
        <DateField
          label={texts.to}
          name="effective_to"
          hint={texts.toHint}
          errors={errorsOf("effective_to")}
          value={days.to}
          today={today}
          onChange={(to) => upload.setDays({ ...days, to })}
        />
      </div>
      <h3>{texts.checkTitle}</h3>
      <Reading query={query}>{(preview) => preview.check && <Check check={preview.check} />}</Reading>
      {sending.error && <Problem error={sending.error} />}
      <SendingRow
        size={file.content.size}
        sending={sending}
        off={query.data === undefined || query.isError ? texts.waitForPreview : null}
        onBack={() => upload.setStep(COLUMNS)}
      />
    </div>
  );
}

function SameFile({ file }: { file: ContactFile }) {
  const { data } = useQuery(sameFileQuery(file));
  const { time_zone } = useMe();
  if (!data) return null;
  return (
    <Notice tone="warning">
      <To href={`/set-up/uploads/${data.upload}`}>{takenBefore(dayIn(time_zone, data.received_at))}</To>
    </Notice>
  );
}

function Check({ check }: { check: NonNullable<Preview["check"]> }) {
  const nameOf = useTargetNames();
  return (
    <div className="stack">
      <Notice tone={check.refused > 0 ? "warning" : "success"} role="status">
        {checkText(check)}
      </Notice>
      {check.without_number > 0 && (
        <Notice tone="warning" role="status">
          {withoutNumber(check)}
        </Notice>
      )}
      {check.repeated > 0 && (
        <Notice tone="warning" role="status">
          {repeatedRows(check)}
        </Notice>
      )}
      {check.refusal !== null && <Notice tone="danger">{check.refusal}</Notice>}
      {check.reasons.length > 0 && (
        <Table
          caption={texts.reasons}
          captionUnseen={false}
          rows={check.reasons}
          keyOf={({ field, reason }) => `${field} ${reason}`}
          columns={[
            { head: texts.reason, cell: ({ reason }) => reason },
            { head: texts.field, cell: ({ field }) => nameOf(field) },
            { head: texts.rows, align: "end", cell: ({ rows }) => count(rows) },
            { head: texts.examples, cell: ({ examples }) => <Examples examples={examples} /> },
          ]}
        />
      )}
      {check.reasons_left_off > 0 && <p className="hint">{moreReasons(check.reasons_left_off)}</p>}
    </div>
  );
}

function Examples({ examples }: { examples: NonNullable<Preview["check"]>["reasons"][number]["examples"] }) {
  return (
    <ul className="plain">
      {examples.map(({ row, line, value }) => (
        <li key={row}>
          {placeOf({ row, line })}: {value ?? texts.noValue}
        </li>
      ))}
    </ul>
  );
}

interface SendingProps {
  size: number;
  sending: SendingFile;
  off: string | null;
  onBack: () => void;
}

function SendingRow({ size, sending, off, onBack }: SendingProps) {
  if (sending.sent !== null) {
    const text = `${sizeText(sending.sent)} of ${sizeText(size)}`;
    return (
      <>
        <Meter label={texts.sending} done={sending.sent} total={size} text={text} />
        <div className="row">
          <Action onClick={sending.stop}>{texts.stop}</Action>
        </div>
      </>
    );
  }
  return (
    <div className="row">
      <Action onClick={onBack}>{texts.back}</Action>
      <Action look="primary" off={off} onClick={() => void sending.send()}>
        {texts.start}
      </Action>
    </div>
  );
}
