import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import type { Schema } from "../api/types.ts";
import { Badge } from "../design/Badge.tsx";
import { itemsOf, LoadMore } from "../design/LoadMore.tsx";
import { Panel } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { Instant } from "../design/When.tsx";
import { precisionOf } from "../time/words.ts";
import { words } from "./members.ts";
import { texts } from "./texts.ts";

type Entry = Schema<"HistoryEntry">;
interface Page {
  items: Entry[];
  next_cursor?: string | null;
}

export type Change = Pick<Entry, "actor" | "recorded_at">;

/** Returns who made a version, and when; undefined where that part of the history was not read yet. */
export function changeOf(query: UseInfiniteQueryResult<InfiniteData<Page>>, version: number): Change | undefined {
  return query.data && itemsOf(query.data).find((entry) => entry.version === version);
}

/** Every event of a definition: when, what, who and why. */
export function HistoryPanel({ query }: { query: UseInfiniteQueryResult<InfiniteData<Page>> }) {
  return (
    <Panel title={texts.history} query={query}>
      {(data) => {
        const entries = itemsOf(data);
        const precision = precisionOf(entries.map(({ recorded_at }) => recorded_at));
        return (
          <>
            <Table
              caption={texts.history}
              rows={entries}
              keyOf={({ event_id }) => event_id}
              columns={[
                { head: texts.when, cell: ({ recorded_at }) => <Instant at={recorded_at} precision={precision} /> },
                { head: texts.what, cell: (entry) => <What entry={entry} /> },
                { head: texts.who, cell: ({ actor, role }) => `${actor}, ${role}` },
                { head: texts.why, cell: ({ reason }) => reason },
              ]}
            />
            <LoadMore query={query} />
          </>
        );
      }}
    </Panel>
  );
}

function What({ entry }: { entry: Entry }) {
  return (
    <div className="what">
      {entry.topic.replaceAll(/(?<=[a-z])(?=[A-Z])|[_.]/g, " ")}{" "}
      {entry.back_dated && <Badge tone="warning">{texts.backDated}</Badge>}
      <div className="hint">
        {Object.entries(entry.data)
          .filter(([, value]) => value !== null)
          .map(([name, value]) => `${name}: ${words(value)}`)
          .join(" · ")}
      </div>
    </div>
  );
}
