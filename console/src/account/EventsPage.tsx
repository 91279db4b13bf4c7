import { useInfiniteQuery } from "@tanstack/react-query";
import type { Schema } from "../api/types.ts";
import { Empty } from "../design/Empty.tsx";
import { itemsOf, LoadMore } from "../design/LoadMore.tsx";
import { Panel } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { To } from "../design/To.tsx";
import { AtEvent, type ChangedValue, ChangedValues, EffectiveDays, Recorded } from "../history/Recorded.tsx";
import { texts as told } from "../history/texts.ts";
import { Page } from "../shell/Page.tsx";
import { usePoint } from "../time/usePoint.ts";
import { precisionOf } from "../time/words.ts";
import "./account.css";
import { labelOf, type Value, valueText } from "../terms/options.ts";
import { eventText, LABELS, valuesText } from "./events.ts";
import { PlaceNav } from "./PlaceNav.tsx";
import { type Place, pathOf, usePlace } from "./place.ts";
import { eventsQuery, thingOf } from "./queries.ts";
import { placeText, texts } from "./texts.ts";

type Entry = Schema<"HistoryEntry">;

/** More changes of one event are folded. */
const MOST_AT_ONCE = 6;

/** Every event of an account or a site as it was recorded, the last one first; each leads to all that it says. */
export default function EventsPage() {
  const place = usePlace();
  const query = useInfiniteQuery(eventsQuery(place, usePoint()));
  const thing = new URLSearchParams(thingOf(place));
  return (
    <Page title={`${texts.events}: ${placeText(place)}`}>
      <PlaceNav place={place} />
      <Panel title={texts.events} query={query} actions={<To href={`/audit?${thing}`}>{texts.search}</To>}>
        {(data) =>
          itemsOf(data).length === 0 ? (
            <Empty text={texts.noEvents} />
          ) : (
            <>
              <Events place={place} entries={itemsOf(data)} />
              <LoadMore query={query} />
            </>
          )
        }
      </Panel>
    </Page>
  );
}

function Events({ place, entries }: { place: Place; entries: readonly Entry[] }) {
  const precision = precisionOf(entries.map(({ recorded_at }) => recorded_at));
  return (
    <div className="whole-words">
      <Table
        caption={texts.events}
        rows={entries}
        keyOf={({ event_id }) => event_id}
        columns={[
          {
            head: told.recorded,
            cell: (entry) => (
              <Recorded told={entry} precision={precision}>
                {(instant) => <To href={`/audit/${entry.event_id}`}>{instant}</To>}
              </Recorded>
            ),
          },
          { head: told.event, cell: (entry) => <What entry={entry} /> },
          { head: told.days, cell: (entry) => <Effective place={place} entry={entry} /> },
          { head: told.reason, cell: ({ reason }) => reason },
          { head: texts.position, align: "end", cell: ({ position }) => position },
        ]}
      />
    </div>
  );
}

function What({ entry: { topic, changes } }: { entry: Entry }) {
  const text = eventText(topic);
  const values = <ChangedValues changes={changes.map(inWords)} />;
  if (changes.length <= MOST_AT_ONCE) {
    return (
      <>
        {text}
        {values}
      </>
    );
  }
  return (
    <details>
      <summary>
        {text}, {valuesText(changes.length)}
      </summary>
      {values}
    </details>
  );
}

function inWords({ field, before, after, effective_from }: Entry["changes"][number]): ChangedValue {
  return {
    key: `${field} ${effective_from}`,
    label: LABELS[field] ?? labelOf(field),
    before: before === null ? null : valueText(before as Value),
    after: after === null ? null : valueText(after as Value),
  };
}

/** The days of an event, which lead to the picture at them. */
function Effective({ place, entry }: { place: Place; entry: Entry }) {
  const { effective_from, effective_to, recorded_at, back_dated } = entry;
  if (effective_from === null) return null;
  return (
    <AtEvent path={pathOf(place)} day={effective_from} at={recorded_at}>
      <EffectiveDays range={{ effective_from, effective_to }} isBackDated={back_dated} />
    </AtEvent>
  );
}
