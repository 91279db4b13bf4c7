import type { UseQueryResult } from "@tanstack/react-query";
import { useMe } from "../api/session.ts";
import { Action } from "../design/Action.tsx";
import { Field } from "../design/Field.tsx";
import { Panel } from "../design/Panel.tsx";
import { firstOfNextMonth, justBefore } from "../time/dates.ts";
import { NOW, type Point } from "../time/point.ts";
import { usePoint } from "../time/usePoint.ts";
import { instantText, precisionOf } from "../time/words.ts";
import "./history.css";
import { type Pair, thenAndNow } from "./pair.ts";
import { texts } from "./texts.ts";

interface Recorded {
  readonly recorded_at: string;
}

interface Props {
  pair: Pair;
  onChange: (pair: Pair) => void;
  /** What was recorded, the first one first. */
  query: UseQueryResult<readonly Recorded[]>;
}

/** The two points: the usual ones, or a day and an instant of knowledge for each. */
export function Points({ pair, onChange, query }: Props) {
  const { today } = useMe();
  const point = usePoint();
  const instants = [...new Set((query.data ?? []).map(({ recorded_at }) => recorded_at))];
  const last = instants.at(-1);
  const then = [pair.a, pair.b, point].find(({ knownAt }) => knownAt !== null);
  const starts: [string, Pair | undefined][] = [
    [texts.thenAndNow, then && thenAndNow(then)],
    [texts.lastRecording, last === undefined ? last : recordingPair(pair.a.validAt, instants.at(-2), last)],
    [texts.nextMonth, { a: NOW, b: { validAt: firstOfNextMonth(today), knownAt: null } }],
  ];
  return (
    <Panel title={texts.points} query={query}>
      {() => (
        <>
          {/* biome-ignore lint/a11y/useSemanticElements: it is no part of a form */}
          <div className="row" role="group" aria-label={texts.startingPoints}>
            {starts.map(
              ([text, start]) =>
                start && (
                  <Action key={text} onClick={() => onChange(start)}>
                    {text}
                  </Action>
                ),
            )}
          </div>
          {then === undefined && <p className="hint">{texts.thenNeeded}</p>}
          <div className="row">
            <PointFields side="A" point={pair.a} instants={instants} onChange={(a) => onChange({ ...pair, a })} />
            <PointFields side="B" point={pair.b} instants={instants} onChange={(b) => onChange({ ...pair, b })} />
          </div>
        </>
      )}
    </Panel>
  );
}

/** Returns a day as known before a recording and with it. */
function recordingPair(validAt: string | null, before: string | undefined, at: string): Pair {
  return { a: { validAt, knownAt: before ?? justBefore(at) }, b: { validAt, knownAt: at } };
}

interface FieldsProps {
  side: string;
  point: Point;
  instants: readonly string[];
  onChange: (point: Point) => void;
}

function PointFields({ side, point, instants, onChange }: FieldsProps) {
  const { today, time_zone } = useMe();
  const precision = precisionOf(instants);
  const isOther = point.knownAt !== null && !instants.includes(point.knownAt);
  return (
    // biome-ignore lint/a11y/useSemanticElements: it is no part of a form
    <div className="point" role="group" aria-label={side}>
      <strong>{side}</strong>
      <Field label={`${texts.day} ${side}`}>
        {(input) => (
          <input
            {...input}
            type="date"
            value={point.validAt ?? today}
            onChange={(event) => onChange({ ...point, validAt: event.target.value || null })}
          />
        )}
      </Field>
      <Field label={`${texts.knownAt} ${side}`}>
        {(input) => (
          <select
            {...input}
            value={point.knownAt ?? ""}
            onChange={(event) => onChange({ ...point, knownAt: event.target.value || null })}
          >
            <option value="">{texts.now}</option>
            {[...(isOther && point.knownAt !== null ? [point.knownAt] : []), ...instants].map((at) => (
              <option key={at} value={at}>
                {instantText(at, time_zone, precision)}
              </option>
            ))}
          </select>
        )}
      </Field>
    </div>
  );
}
