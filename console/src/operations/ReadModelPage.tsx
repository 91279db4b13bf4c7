import type { ReactNode } from "react";
import { useParams } from "wouter";
import { Empty } from "../design/Empty.tsx";
import { Notice } from "../design/Notice.tsx";
import { Reading } from "../design/Panel.tsx";
import { To } from "../design/To.tsx";
import { Instant } from "../design/When.tsx";
import { Page } from "../shell/Page.tsx";
import { count, type ReadModel } from "./judging.ts";
import { LiveBar } from "./LiveBar.tsx";
import "./operations.css";
import { Section } from "../design/Section.tsx";
import { ModelState, runnerOf } from "./ReadModels.tsx";
import { Rebuild } from "./Rebuild.tsx";
import { texts } from "./texts.ts";
import { useOperations } from "./useOperations.ts";

/** One read model, live: how far it is, why it has stopped, and its rebuild. */
export default function ReadModelPage() {
  const { name = "" } = useParams();
  const live = useOperations();
  return (
    <Page title={name} aside={<To href="/operations">{texts.allReadModels}</To>}>
      <LiveBar live={live} />
      <Reading query={live.query}>
        {(reading) => {
          const model = reading.read_models.find((each) => each.name === name);
          if (model === undefined) return <Empty text={texts.notThere} />;
          return (
            <div className={live.lostSince === null ? "stack" : "stack lost"}>
              <Facts model={model} />
              <Rebuild model={model} end={reading.log.position} history={live.history} />
            </div>
          );
        }}
      </Reading>
    </Page>
  );
}

function Facts({ model }: { model: ReadModel }) {
  return (
    <Section title={texts.state}>
      <dl className="facts">
        <Fact name={texts.state}>
          <ModelState model={model} />
        </Fact>
        <Fact name={texts.position}>{count(model.position)}</Fact>
        <Fact name={texts.lag}>{count(model.lag)}</Fact>
        <Fact name={texts.runner}>{runnerOf(model)}</Fact>
        <Fact name={texts.generation}>{model.generation}</Fact>
      </dl>
      {model.failure && <Failure failure={model.failure} />}
    </Section>
  );
}

function Failure({ failure }: { failure: NonNullable<ReadModel["failure"]> }) {
  return (
    <Notice tone="danger">
      <dl className="facts">
        <Fact name={texts.error}>{failure.error}</Fact>
        {failure.position !== null && <Fact name={texts.stoppedAt}>{count(failure.position ?? 0)}</Fact>}
        {failure.event_id && (
          <Fact name={texts.event}>
            {failure.topic} <code>{failure.event_id}</code>
          </Fact>
        )}
        {failure.since && (
          <Fact name={texts.since}>
            <Instant at={failure.since} precision="seconds" />
          </Fact>
        )}
      </dl>
      <p>{texts.stoppedTodo}</p>
    </Notice>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
