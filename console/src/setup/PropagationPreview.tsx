import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { body, client } from "../api/client.ts";
import { problemOf } from "../api/problems.ts";
import { useMe } from "../api/session.ts";
import { useSubmission } from "../api/submission.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { DateField } from "../design/DateField.tsx";
import { itemsOf, LoadMore } from "../design/LoadMore.tsx";
import { Meter } from "../design/Meter.tsx";
import { Notice } from "../design/Notice.tsx";
import { Reading } from "../design/Panel.tsx";
import { Problem } from "../design/Problem.tsx";
import { Section } from "../design/Section.tsx";
import { focusHeading } from "../shell/Page.tsx";
import { type Change, expectedQuery, propagationQuery, type Run } from "./classQueries.ts";
import { profiles, runOn, texts, warnings } from "./classTexts.ts";
import { Outcomes, Reasons } from "./Outcomes.tsx";
import { OutcomeTable } from "./OutcomeTable.tsx";
import { useRefusal } from "./useRefusal.ts";

interface Props {
  change: Change;
  run: Run;
  onChange: (run: Run) => void;
}

/** Says what a run would do before it is started; nothing of it is stored. */
export function PropagationPreview({ change, run, onChange }: Props) {
  const { today } = useMe();
  const query = useQuery({ ...propagationQuery(change, run), placeholderData: keepPreviousData });
  const rows = useInfiniteQuery({ ...expectedQuery(change, run), placeholderData: keepPreviousData });
  return (
    <Section title={texts.preview}>
      <p className="muted">{texts.previewHint}</p>
      <div className="form stack">
        <DateField
          label={texts.runDate}
          name="run_date"
          hint={texts.runDateHint}
          errors={problemOf(query.error)?.of("run_date")}
          value={run.runDate}
          today={today}
          onChange={(runDate) => onChange({ ...run, runDate: runDate || today })}
        />
        <div>
          <label className="row">
            <input
              type="checkbox"
              checked={run.includeLater}
              onChange={(event) => onChange({ ...run, includeLater: event.target.checked })}
            />
            {texts.includeLater}
          </label>
          <p className="hint">{texts.includeLaterHint}</p>
        </div>
      </div>
      <Reading query={query}>
        {({ preview }) =>
          preview && (
            <>
              <Expected preview={preview} />
              <Start change={change} run={run} preview={preview} isCurrent={!query.isPlaceholderData} />
            </>
          )
        }
      </Reading>
      {!query.isError && (
        <Reading query={rows}>{(data) => <OutcomeTable caption={texts.preview} rows={itemsOf(data)} />}</Reading>
      )}
      <LoadMore query={rows} />
    </Section>
  );
}

function Expected({ preview }: { preview: Schema<"Preview"> }) {
  return (
    <>
      {!preview.complete && (
        <Meter label={texts.previewIsMade} done={0} total={null} text={profiles(preview.profiles)} />
      )}
      <Outcomes counts={preview} isOver={false} />
      <Reasons reasons={preview.reasons} />
      {warnings(preview).map((warning) => (
        <Notice key={warning} tone="warning">
          {warning}
        </Notice>
      ))}
    </>
  );
}

interface StartProps extends Omit<Props, "onChange"> {
  preview: Schema<"Preview">;
  /** The preview is that of the present input. */
  isCurrent: boolean;
}

function Start({ change: path, run, preview, isCurrent }: StartProps) {
  const queries = useQueryClient();
  const submission = useSubmission();
  const refusal = useRefusal("begin_propagation");
  const waiting = isCurrent && preview.complete ? null : texts.previewIsMade;
  const off = refusal ?? waiting ?? (preview.changed === 0 ? texts.nothingToRun : null);
  const start = useMutation({
    mutationFn: () => {
      const content = { run_date: run.runDate, include_later: run.includeLater };
      const { "Idempotency-Key": key } = submission.headers(0, content);
      const params = { path, header: { "Idempotency-Key": key } };
      return body(client.POST("/v1/profile-classes/{name}/propagations/{version}", { params, body: content }));
    },
    onSuccess: async () => {
      submission.succeeded();
      await queries.invalidateQueries();
      focusHeading();
    },
  });
  return (
    <>
      {start.error && <Problem error={start.error} />}
      <div className="row">
        <Action look="primary" off={off ?? (start.isPending ? texts.starting : null)} onClick={() => start.mutate()}>
          {runOn(preview.changed)}
        </Action>
      </div>
    </>
  );
}
