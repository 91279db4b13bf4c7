import type { ReactNode } from "react";
import { useMe } from "../api/session.ts";
import { Table } from "../design/Table.tsx";
import { AtEvent, BeforeAndAfter, ChangedValues, EffectiveDays, InForceOn, Recorded } from "../history/Recorded.tsx";
import { texts as told } from "../history/texts.ts";
import { dayIn } from "../time/dates.ts";
import { precisionOf } from "../time/words.ts";
import { changesOf, type Entry, type Names } from "./events.ts";
import { pathOf } from "./paths.ts";
import { eventText, pageTexts as texts } from "./texts.ts";

interface Props {
  number: string;
  entries: readonly Entry[];
  names: Names;
}

/** The events as they were answered, each with links to the page and to the comparison at its point. */
export function HistoryTable({ number, entries, names }: Props) {
  const { time_zone } = useMe();
  const path = pathOf(number);
  const precision = precisionOf(entries.map(({ recorded_at }) => recorded_at));
  const dayOf = ({ effective_from, recorded_at }: Entry) => effective_from ?? dayIn(time_zone, recorded_at);
  const byId = new Map(entries.map((entry) => [entry.event_id, entry]));
  const to = (entry: Entry, children: ReactNode) => (
    <AtEvent path={path} day={dayOf(entry)} at={entry.recorded_at}>
      {children}
    </AtEvent>
  );
  return (
    <div className="whole-words">
      <Table
        caption={texts.history}
        rows={entries}
        keyOf={({ event_id }) => event_id}
        columns={[
          {
            head: told.recorded,
            cell: (entry) => (
              <Recorded told={entry} precision={precision}>
                {(instant) => to(entry, instant)}
              </Recorded>
            ),
          },
          { head: told.event, cell: (entry) => <What entry={entry} names={names} /> },
          { head: told.days, cell: (entry) => <Effective entry={entry} /> },
          { head: told.reason, cell: ({ reason }) => reason },
          {
            head: told.inForceOn,
            cell: ({ in_force, superseded }) =>
              in_force.length + superseded.length > 0 && <InForceOn ranges={in_force} />,
          },
          {
            head: told.superseded,
            cell: ({ superseded_by }) => {
              const later = superseded_by === null ? undefined : byId.get(superseded_by);
              return later === undefined ? superseded_by && texts.later : to(later, eventText(later));
            },
          },
          {
            head: told.compare,
            cell: (entry) => (
              <BeforeAndAfter path={path} day={dayOf(entry)} at={entry.recorded_at} event={eventText(entry)} />
            ),
          },
        ]}
      />
    </div>
  );
}

function Effective({ entry: { effective_from, effective_to, back_dated } }: { entry: Entry }) {
  if (effective_from === null) return null;
  return <EffectiveDays range={{ effective_from, effective_to }} isBackDated={back_dated} />;
}

function What({ entry, names }: { entry: Entry; names: Names }) {
  return (
    <>
      {eventText(entry)}
      <ChangedValues changes={changesOf(entry, names)} />
    </>
  );
}
