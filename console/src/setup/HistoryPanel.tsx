import { type InfiniteData, type UseInfiniteQueryResult, useInfiniteQuery } from "@tanstack/react-query";
import type { Schema } from "../api/types.ts";
import { Badge } from "../design/Badge.tsx";
import { Empty } from "../design/Empty.tsx";
import { itemsOf, LoadMore } from "../design/LoadMore.tsx";
import { Panel, Reading } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { Days, Instant } from "../design/When.tsx";
import { labelOf, valueText } from "../terms/options.ts";
import { precisionOf } from "../time/words.ts";
import { words } from "./members.ts";
import type { historyQuery } from "./queries.ts";
import { texts } from "./texts.ts";

type Entry = Schema<"HistoryEntry">;
type ValueChange = Schema<"ValueChange">;
type History = UseInfiniteQueryResult<InfiniteData<Schema<"Page_HistoryEntry_">>>;
export type Change = Pick<Entry, "actor" | "recorded_at" | "version" | "changes">;

/** Returns who made a version, and when; undefined where that part of the history was not read yet. */
export function changeOf(query: History, version: number): Change | undefined {
  return query.data && itemsOf(query.data).find((entry) => entry.version === version);
}

/** Every event of a definition, the latest first: when, what, who and why. */
export function HistoryPanel({ query }: { query: History }) {
  return (
    <Panel title={texts.history} query={query}>
      {(data) => <Entries entries={itemsOf(data)} query={query} />}
    </Panel>
  );
}

/** The history of one row of a list. */
export function HistoryList({ query: options }: { query: ReturnType<typeof historyQuery> }) {
  const query = useInfiniteQuery(options);
  return <Reading query={query}>{(data) => <Entries entries={itemsOf(data)} query={query} />}</Reading>;
}

function Entries({ entries, query }: { entries: Entry[]; query: History }) {
  const precision = precisionOf(entries.map(({ recorded_at }) => recorded_at));
  if (entries.length === 0) return <Empty text={texts.noHistory} />;
  return (
    <>
      <Table
        caption={texts.history}
        rows={entries}
        keyOf={({ event_id }) => event_id}
        columns={[
          {
            head: texts.when,
            cell: ({ recorded_at, actor, role }) => (
              <>
                <Instant at={recorded_at} precision={precision} />
                <div className="hint">
                  {actor}, {role}
                </div>
              </>
            ),
          },
          { head: texts.what, cell: (entry) => <What entry={entry} /> },
          { head: texts.why, cell: ({ reason }) => reason },
        ]}
      />
      <LoadMore query={query} />
    </>
  );
}

function What({ entry: { topic, changes, back_dated } }: { entry: Entry }) {
  return (
    <div className="what">
      {topic.replaceAll(/(?<=[a-z])(?=[A-Z])|[_.]/g, " ")}{" "}
      {back_dated && <Badge tone="warning">{texts.backDated}</Badge>}
      <ul className="plain">
        {changes.filter(isSeen).map((change) => (
          <li key={`${change.field} ${change.effective_from}`}>
            {nameOf(change.field)}: {shown(change.before)} → {shown(change.after)}{" "}
            {change.effective_from !== null && (
              <span className="hint">
                <Days from={change.effective_from} to={change.effective_to} />
              </span>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

const OF_TERMS = /^(options|amounts|attributes)\./;
const OF_ONE = /^(controls|mappings)\./;

/** Returns what a form calls a value; where the list is of one thing, what is said of that. */
function nameOf(field: string): string {
  if (OF_TERMS.test(field)) return labelOf(field);
  return OF_ONE.test(field) ? texts.value : field.replace("responses.", "").replaceAll(/[._]/g, " ");
}

/** Returns whether a change can be seen in words. */
function isSeen({ before, after }: ValueChange): boolean {
  return shown(before) !== shown(after);
}

function shown(value: ValueChange["before"]): string {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? valueText(value) : words(value);
}
