import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import { useSearch } from "wouter";
import { Action } from "../design/Action.tsx";
import { Badge } from "../design/Badge.tsx";
import { Drawer } from "../design/Drawer.tsx";
import { Empty } from "../design/Empty.tsx";
import { itemsOf, LoadMore } from "../design/LoadMore.tsx";
import { Panel } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { To } from "../design/To.tsx";
import { Days, Instant } from "../design/When.tsx";
import { SOURCES } from "../history/texts.ts";
import { usePoint } from "../time/usePoint.ts";
import { precisionOf } from "../time/words.ts";
import { Changes } from "./Changes.tsx";
import { topicText } from "./changed.ts";
import { EventFacts } from "./EventFacts.tsx";
import { type Filters, fileAddress, type Order } from "./filters.ts";
import type { Entry } from "./queries.ts";
import { Thing } from "./Thing.tsx";
import { openText, texts } from "./texts.ts";

interface Props {
  query: UseInfiniteQueryResult<InfiniteData<{ items: Entry[]; next_cursor?: string | null }>>;
  filters: Filters;
  order: Order;
}

/** The events that pass the filters; each opens to all that it says. */
export function Entries({ query, filters, order }: Props) {
  const [opened, setOpened] = useState<Entry | null>(null);
  return (
    <Panel title={texts.events} query={query} actions={<Ways filters={filters} order={order} />}>
      {(data) => (
        <>
          {itemsOf(data).length === 0 ? (
            <Empty text={texts.none} />
          ) : (
            <div className="whole-words">
              <EntryTable entries={itemsOf(data)} onOpen={setOpened} />
            </div>
          )}
          <LoadMore query={query} />
          <Drawer
            title={opened ? topicText(opened.topic) : ""}
            isOpen={opened !== null}
            onClose={() => setOpened(null)}
          >
            {opened && <EventFacts entry={opened} hasPage />}
          </Drawer>
        </>
      )}
    </Panel>
  );
}

/** The order of the list, and the files of all that is filtered: links, so that the browser writes them to disk as they come. */
function Ways({ filters, order }: Omit<Props, "query">) {
  const search = useSearch();
  const point = usePoint();
  const other = order === "newest" ? "oldest" : "newest";
  const parameters = new URLSearchParams(search);
  parameters.set("order", other);
  return (
    <div className="row">
      <To href={`/audit?${parameters}`}>{texts[other]}</To>
      <a href={fileAddress(filters, order, point, "csv")} download>
        {texts.csv}
      </a>
      <a href={fileAddress(filters, order, point, "ndjson")} download>
        {texts.ndjson}
      </a>
      <a href={`${fileAddress(filters, order, point, "ndjson")}&proof=true`} download>
        {texts.proved}
      </a>
    </div>
  );
}

function EntryTable({ entries, onOpen }: { entries: Entry[]; onOpen: (entry: Entry) => void }) {
  const precision = precisionOf(entries.map(({ recorded_at }) => recorded_at));
  return (
    <Table
      caption={texts.events}
      rows={entries}
      keyOf={({ event_id }) => event_id}
      columns={[
        { head: texts.when, cell: ({ recorded_at }) => <Instant at={recorded_at} precision={precision} /> },
        {
          head: texts.who,
          cell: ({ actor, role, source }) => (
            <>
              {actor}
              <div className="hint">
                {role}, {SOURCES[source]}
              </div>
            </>
          ),
        },
        { head: texts.what, cell: (entry) => <What entry={entry} /> },
        { head: texts.changes, cell: (entry) => <Changes entry={entry} most={4} /> },
        { head: texts.why, cell: ({ reason }) => reason },
        {
          head: texts.open,
          cell: (entry) => (
            <Action onClick={() => onOpen(entry)}>
              {texts.open}
              <span className="unseen"> {openText(topicText(entry.topic), entry.position)}</span>
            </Action>
          ),
        },
      ]}
    />
  );
}

function What({ entry }: { entry: Entry }) {
  return (
    <div className="audit-what">
      <Thing kind={entry.kind} name={entry.key} />
      <div>{topicText(entry.topic)}</div>
      {entry.effective_from !== null && (
        <div className="hint">
          {texts.effectiveOn} <Days from={entry.effective_from} to={entry.effective_to} />{" "}
          {entry.back_dated && <Badge tone="warning">{texts.backDated}</Badge>}
        </div>
      )}
    </div>
  );
}
