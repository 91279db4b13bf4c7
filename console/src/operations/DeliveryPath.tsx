import { Badge } from "../design/Badge.tsx";
import { Section } from "../design/Section.tsx";
import { Table } from "../design/Table.tsx";
import { count, lagVerdict, type Reading, type Verdict } from "./judging.ts";
import { texts } from "./texts.ts";

interface Step {
  name: string;
  position: number;
  verdict: Verdict | null;
}

/** How far the events have come on their way to other systems, and the processes that carry them. */
export function DeliveryPath({ reading }: { reading: Reading }) {
  return (
    <Section title={texts.path} id="path">
      <Table
        caption={texts.path}
        rows={stepsOf(reading)}
        keyOf={(each) => each.name}
        columns={[
          { head: texts.pathWho, cell: (each) => each.name },
          { head: texts.position, align: "end", cell: (each) => count(each.position) },
          {
            head: texts.state,
            cell: ({ verdict }) => verdict && <Badge tone={verdict.tone}>{verdict.words}</Badge>,
          },
        ]}
      />
      <Table
        caption={texts.processes}
        captionUnseen={false}
        rows={reading.processes}
        keyOf={(each) => `${each.process} ${each.task}`}
        columns={[
          { head: texts.process, cell: (each) => `${each.process}: ${each.task}` },
          {
            head: texts.state,
            cell: ({ runs }) => (
              <Badge tone={runs ? "success" : "danger"}>{runs ? texts.runs : texts.doesNotRun}</Badge>
            ),
          },
        ]}
      />
    </Section>
  );
}

function stepsOf({ at, log, relay, feeds }: Reading): Step[] {
  const silence = (movedAt: string) => Math.max(0, (Date.parse(at) - Date.parse(movedAt)) / 1_000);
  return [
    { name: "log", position: log.position, verdict: null },
    ...(relay ? [{ name: "relay", position: relay.position, verdict: lagVerdict(relay.lag, relay.lag_s) }] : []),
    ...feeds.map((feed) => ({
      name: feed.consumer,
      position: feed.position,
      verdict: lagVerdict(feed.lag, silence(feed.moved_at)),
    })),
  ];
}
