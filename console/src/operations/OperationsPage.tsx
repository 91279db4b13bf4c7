import { Badge } from "../design/Badge.tsx";
import { Empty } from "../design/Empty.tsx";
import { Reading } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { Page } from "../shell/Page.tsx";
import { DeliveryPath } from "./DeliveryPath.tsx";
import type { Reading as State } from "./judging.ts";
import { LiveBar } from "./LiveBar.tsx";
import "./operations.css";
import { Section } from "../design/Section.tsx";
import { ReadModels } from "./ReadModels.tsx";
import { Strip } from "./Strip.tsx";
import { deadInTitle, texts } from "./texts.ts";
import { useOperations } from "./useOperations.ts";

/** How the installation is doing, live: six numbers, what is wrong, the read models, and the path to other systems. */
export default function OperationsPage() {
  const live = useOperations();
  const dead = live.query.data?.dead_letters?.dead ?? 0;
  return (
    <Page title={texts.operations} tabTitle={dead > 0 ? deadInTitle(dead) : undefined}>
      <LiveBar live={live} />
      <Reading query={live.query}>
        {(reading) => (
          <div className={live.lostSince === null ? "stack whole-words" : "stack whole-words lost"}>
            <Strip reading={reading} history={live.history.length > 0 ? live.history : [reading]} />
            <Faults reading={reading} />
            <ReadModels models={reading.read_models} />
            <DeliveryPath reading={reading} />
          </div>
        )}
      </Reading>
    </Page>
  );
}

function Faults({ reading: { faults, warnings } }: { reading: State }) {
  return (
    <Section title={texts.faults}>
      {faults.length === 0 ? (
        <Empty text={texts.noFaults} />
      ) : (
        <Table
          caption={texts.faults}
          rows={faults}
          keyOf={(each) => `${each.what} ${each.why}`}
          columns={[
            {
              head: texts.what,
              cell: (each) => (
                <span className="row">
                  {each.what}
                  <Badge tone={each.blocks ? "danger" : "warning"}>{each.blocks ? texts.blocks : texts.delays}</Badge>
                </span>
              ),
            },
            { head: texts.why, cell: (each) => each.why },
            { head: texts.todo, cell: (each) => each.todo },
          ]}
        />
      )}
      {warnings.map((warning) => (
        <p key={warning} className="hint">
          {warning}
        </p>
      ))}
    </Section>
  );
}
