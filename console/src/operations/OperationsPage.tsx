import { Badge } from "../design/Badge.tsx";
import { Empty } from "../design/Empty.tsx";
import { Reading } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { Page } from "../shell/Page.tsx";
import { DeliveryPath } from "./DeliveryPath.tsx";
import { concernsOf, type Reading as State } from "./judging.ts";
import { LiveBar } from "./LiveBar.tsx";
import "./operations.css";
import { Section } from "../design/Section.tsx";
import { ReadModels } from "./ReadModels.tsx";
import { Strip, Target } from "./Strip.tsx";
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

function Faults({ reading }: { reading: State }) {
  const concerns = concernsOf(reading);
  return (
    <Section title={texts.faults}>
      {concerns.length === 0 ? (
        <Empty text={texts.noFaults} />
      ) : (
        <Table
          caption={texts.faults}
          rows={concerns}
          keyOf={(each) => `${each.what} ${each.why}`}
          columns={[
            {
              head: texts.what,
              cell: (each) => (
                <span className="row">
                  {each.href === null ? each.what : <Target href={each.href}>{each.what}</Target>}
                  <Badge tone={each.badge.tone}>{each.badge.words}</Badge>
                </span>
              ),
            },
            { head: texts.why, cell: (each) => <Commands text={each.why} /> },
            { head: texts.todo, cell: (each) => <Commands text={each.todo} /> },
          ]}
        />
      )}
      {reading.warnings.map((warning) => (
        <p key={warning} className="hint">
          {warning}
        </p>
      ))}
    </Section>
  );
}

/** A text whose commands stand between backticks. */
function Commands({ text }: { text: string }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: the parts are in the order of the text
  return text.split("`").map((part, index) => (index % 2 === 0 ? part : <code key={index}>{part}</code>));
}
