import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Schema } from "../api/types.ts";
import { Points } from "../history/Points.tsx";
import { type Compared, SideBySide } from "../history/SideBySide.tsx";
import { usePair } from "../history/usePair.ts";
import type { Version } from "../picture/versions.ts";
import { Page } from "../shell/Page.tsx";
import "./account.css";
import { labelOf, valueText } from "../terms/options.ts";
import { Because } from "./Because.tsx";
import { applied, compared, eventOfClass } from "./comparing.ts";
import { PlaceNav } from "./PlaceNav.tsx";
import { type Place, usePlace } from "./place.ts";
import { comparisonQuery, firstEntryQuery, historyQuery } from "./queries.ts";
import { originText, placeName, placeText, texts } from "./texts.ts";

/** Two points of a profile side by side; the address holds both. */
export default function ComparePage() {
  const place = usePlace();
  const [pair, setPair] = usePair();
  const history = useQuery(historyQuery(place));
  const account = useQuery(historyQuery({ account: place.account }));
  const first = useQuery(firstEntryQuery(place)).data;
  const comparison = useQuery(comparisonQuery(place, pair));
  const events = [...(history.data ?? []), ...(account.data ?? [])];
  return (
    <Page title={`${texts.compare}: ${placeText(place)}`}>
      <PlaceNav place={place} />
      <Points pair={pair} onChange={setPair} query={history} />
      <SideBySide pair={pair} name={placeName(place)} first={first} query={comparison}>
        {([before, after]) => rowsOf(place, events, before, after)}
      </SideBySide>
    </Page>
  );
}

type Answer = Schema<"Resolution"> | null;

/** Returns the class and every value of both answers. */
function rowsOf(place: Place, events: readonly Version[], before: Answer, after: Answer): Compared[] {
  const [a, b] = [classOf(before), classOf(after)];
  const cell = (explained: Schema<"Explained"> | null): ReactNode =>
    explained === null ? (
      <span className="muted">{texts.notSet}</span>
    ) : (
      <Cell
        value={valueText(explained.value)}
        origin={originText(explained, place)}
        id={explained.event_id}
        {...{ events }}
      />
    );
  return [
    {
      key: "class",
      label: texts.profileClass,
      a: <Cell value={a} id={before === null ? undefined : eventOfClass(before)} events={events} />,
      b: <Cell value={b} id={after === null ? undefined : eventOfClass(after)} events={events} />,
      isDifferent: a !== b,
    },
    ...compared(before, after).map((value) => ({
      key: value.path,
      label: labelOf(value.path),
      a: cell(value.a),
      b: cell(value.b),
      isDifferent: value.isDifferent,
    })),
  ];
}

function classOf(resolution: Answer): string {
  const profile = resolution && applied(resolution);
  return profile === null ? texts.noProfile : `${profile.profile_class}, version ${profile.class_version}`;
}

interface CellProps {
  value: string;
  origin?: string;
  /** The event that made the value; undefined where that is not known, null where the company set it. */
  id: string | null | undefined;
  events: readonly Version[];
}

function Cell({ value, origin, id, events }: CellProps) {
  return (
    <>
      {value}
      {origin && <div className="hint">{origin}</div>}
      {id !== undefined && (
        <div className="hint">
          <Because id={id} events={events} />
        </div>
      )}
    </>
  );
}
