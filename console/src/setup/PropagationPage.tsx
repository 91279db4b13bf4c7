import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useParams } from "wouter";
import { useMe } from "../api/session.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { Badge, type Tone } from "../design/Badge.tsx";
import { Meter } from "../design/Meter.tsx";
import { Notice } from "../design/Notice.tsx";
import { Reading } from "../design/Panel.tsx";
import { Section } from "../design/Section.tsx";
import { To } from "../design/To.tsx";
import { Day, Instant } from "../design/When.tsx";
import { Page } from "../shell/Page.tsx";
import { propagationQuery, type Run } from "./classQueries.ts";
import { progressText, texts, versionText } from "./classTexts.ts";
import { Outcomes, Reasons } from "./Outcomes.tsx";
import { PropagationPreview } from "./PropagationPreview.tsx";
import { Report } from "./Report.tsx";
import "./setup.css";

type Propagation = Schema<"PropagationDetail">;

const TONES: Readonly<Record<Propagation["state"], Tone>> = {
  planned: "accent",
  running: "accent",
  finished: "success",
  failed: "warning",
};

/** How a changed class reaches existing profiles: preview, run, progress and report (rules 2.16, 2.17). */
export default function PropagationPage() {
  const { name = "", version = "" } = useParams();
  const change = { name, version: Number(version) };
  const query = useQuery(propagationQuery(change, null));
  const state = query.data?.state;
  return (
    <Page
      title={versionText(name, change.version)}
      aside={state && <Badge tone={TONES[state]}>{texts.states[state]}</Badge>}
    >
      <p>
        <To href={`/set-up/classes/${encodeURIComponent(name)}`}>{name}</To>
        {query.data && ` · ${query.data.message}`}
      </p>
      <Reading query={query}>
        {(propagation) => <Parts key={propagation.run ?? 0} change={change} propagation={propagation} />}
      </Reading>
    </Page>
  );
}

interface PartsProps {
  change: { name: string; version: number };
  propagation: Propagation;
}

function Parts({ change, propagation }: PartsProps) {
  const { today } = useMe();
  const isPlanned = propagation.state === "planned";
  const [run, setRun] = useState<Run | null>(isPlanned ? { runDate: today, includeLater: false } : null);
  return (
    <>
      {!isPlanned && <Progress propagation={propagation} />}
      {propagation.state === "finished" && (
        <div>
          <Action
            aria-expanded={run !== null}
            onClick={() => setRun(run === null ? { runDate: today, includeLater: false } : null)}
          >
            {texts.further}
          </Action>
        </div>
      )}
      {run !== null && <PropagationPreview change={change} run={run} onChange={setRun} />}
      {!isPlanned && <Report change={change} propagation={propagation} />}
    </>
  );
}

function Progress({ propagation }: { propagation: Propagation }) {
  const { done = 0, profiles = null, started_by, started_at, run_date, state } = propagation;
  return (
    <Section title={texts.progress}>
      {state === "failed" && (
        <Notice tone="warning">
          <p>{propagation.error}</p>
          <p>{texts.failed}</p>
        </Notice>
      )}
      {state === "running" && (
        <>
          <Meter label={texts.done} done={done} total={profiles} text={progressText(done, profiles)} />
          <p className="hint">{texts.mayLeave}</p>
        </>
      )}
      <Outcomes counts={{ changed: 0, unchanged: 0, skipped: 0, ...propagation }} isOver={state === "finished"} />
      <Reasons reasons={propagation.reasons ?? []} />
      <dl className="facts">
        <dt>{texts.runDate}</dt>
        <dd>{run_date && <Day day={run_date} />}</dd>
        <dt>{texts.startedBy}</dt>
        <dd>
          {started_by}, {started_at && <Instant at={started_at} />}
        </dd>
      </dl>
    </Section>
  );
}
