import { useQuery } from "@tanstack/react-query";
import { useParams } from "wouter";
import { useMe } from "../api/session.ts";
import { Meter } from "../design/Meter.tsx";
import { Notice } from "../design/Notice.tsx";
import { Panel } from "../design/Panel.tsx";
import { Steps } from "../design/Steps.tsx";
import { Days, Instant } from "../design/When.tsx";
import { Page } from "../shell/Page.tsx";
import { elapsed } from "../time/dates.ts";
import { CancelUpload } from "./CancelUpload.tsx";
import { isOver, type Upload, uploadQuery } from "./queries.ts";
import { RefusedRows } from "./RefusedRows.tsx";
import { StateBadge } from "./StateBadge.tsx";
import { count, countsText, of, sizeText, takenRepeated, takenWithoutNumber, texts } from "./texts.ts";
import "./upload.css";
import { useQuarters, useRate } from "./useRate.ts";
import { useTargetNames } from "./useTargetNames.ts";

/** One upload: its progress while it runs, and its outcome. */
export default function UploadPage() {
  const { upload = "" } = useParams();
  const query = useQuery(uploadQuery(upload));
  const { data } = query;
  const current = data && isOver(data) ? 4 : 3;
  return (
    <Page title={data?.file ?? upload} aside={data && <Head upload={data} />}>
      <Steps label={texts.stepsLabel} names={texts.steps} current={current} />
      <Panel title={current === 4 ? texts.outcome : texts.progress} query={query}>
        {(read) => <Progress upload={read} />}
      </Panel>
      {data && (data.failed > 0 || isOver(data)) && <RefusedRows upload={data} />}
      <Panel title={texts.facts} query={query}>
        {(read) => <Facts upload={read} />}
      </Panel>
    </Page>
  );
}

function Head({ upload }: { upload: Upload }) {
  return (
    <>
      <StateBadge state={upload.state} />
      <CancelUpload upload={upload} />
    </>
  );
}

function Progress({ upload }: { upload: Upload }) {
  const { rows, bytes_done, size } = upload;
  const rate = useRate(upload);
  useQuarters(upload.percent);
  const parts = [of(rows, "row"), `${sizeText(bytes_done)} of ${sizeText(size)}`, rate];
  return (
    <>
      {upload.refusal && <Notice tone="danger">{upload.refusal}</Notice>}
      {upload.state === "failed" && (
        <Notice tone="warning">
          <p>{upload.error}</p>
          <p>{texts.failed}</p>
        </Notice>
      )}
      {!isOver(upload) && (
        <Meter label={texts.progress} done={bytes_done} total={size} text={parts.filter(Boolean).join(" · ")} />
      )}
      <Counts upload={upload} />
    </>
  );
}

function Counts({ upload }: { upload: Upload }) {
  const counts = { new: upload.new, changed: upload.changed, unchanged: upload.unchanged, refused: upload.failed };
  return (
    <>
      <dl className="counts">
        {Object.entries(counts).map(([name, number]) => (
          <div key={name}>
            <dt className="label">{name}</dt>
            <dd>{count(number)}</dd>
          </div>
        ))}
      </dl>
      {upload.without_number > 0 && <Notice tone="warning">{takenWithoutNumber(upload)}</Notice>}
      {upload.repeated > 0 && <Notice tone="warning">{takenRepeated(upload)}</Notice>}
      {isOver(upload) && (
        <p className="unseen" role="status">
          {upload.state}: {countsText(upload)}
        </p>
      )}
    </>
  );
}

function Facts({ upload }: { upload: Upload }) {
  const { time_zone } = useMe();
  const nameOf = useTargetNames();
  const duration = upload.over_at && elapsed(Date.parse(upload.over_at) - Date.parse(upload.received_at));
  return (
    <dl className="facts">
      <dt>{texts.received}</dt>
      <dd>
        <Instant at={upload.received_at} /> <span className="hint">{time_zone}</span>, {texts.byWhom}{" "}
        {upload.received_by}
      </dd>
      {duration && (
        <>
          <dt>{texts.duration}</dt>
          <dd>{duration}</dd>
        </>
      )}
      <dt>{texts.effective}</dt>
      <dd>
        <Days from={upload.effective_from} to={upload.effective_to} />
      </dd>
      <dt>{texts.columns}</dt>
      <dd>
        <ul className="plain">
          {Object.entries(upload.columns).map(([column, target]) => (
            <li key={column}>
              {column} → {nameOf(target)}
            </li>
          ))}
        </ul>
      </dd>
    </dl>
  );
}
