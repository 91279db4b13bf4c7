import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation, useSearch } from "wouter";
import { useMe } from "../api/session.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { Empty } from "../design/Empty.tsx";
import { Field } from "../design/Field.tsx";
import { Panel, Reading } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { Page } from "../shell/Page.tsx";
import { firstOfNextMonth } from "../time/dates.ts";
import { NOW, type Point } from "../time/point.ts";
import { usePoint } from "../time/usePoint.ts";
import { instantText, pointText, precisionOf } from "../time/words.ts";
import "./account.css";
import { applied, type Compared, compared, type Pair, pairOf, withPair } from "./comparing.ts";
import { labelOf, valueText } from "./options.ts";
import { PlaceNav } from "./PlaceNav.tsx";
import { type Place, usePlace } from "./place.ts";
import { historyQuery, resolutionQuery } from "./queries.ts";
import { originText, placeText, texts } from "./texts.ts";

/** Two points of a profile side by side; the address holds both. */
export default function ComparePage() {
  const place = usePlace();
  const [path, navigate] = useLocation();
  const search = useSearch();
  const pair = pairOf(search);
  const onChange = (next: Pair) => navigate(`${path}?${withPair(search, next)}`, { replace: true });
  return (
    <Page title={`${texts.compare}: ${placeText(place)}`}>
      <PlaceNav place={place} />
      <Points place={place} pair={pair} onChange={onChange} />
      <Differences place={place} pair={pair} />
    </Page>
  );
}

interface PointsProps {
  place: Place;
  pair: Pair;
  onChange: (pair: Pair) => void;
}

function Points({ place, pair, onChange }: PointsProps) {
  const { today } = useMe();
  const point = usePoint();
  const query = useQuery(historyQuery(place));
  const instants = [...new Set((query.data ?? []).map(({ recorded_at }) => recorded_at))];
  const [before = null, last = null] = instants.slice(-2);
  const day = point.validAt;
  return (
    <Panel title={texts.points} query={query}>
      {() => (
        <>
          {/* biome-ignore lint/a11y/useSemanticElements: it is no part of a form */}
          <div className="row" role="group" aria-label={texts.startingPoints}>
            <Action
              onClick={() =>
                onChange({ a: { validAt: day, knownAt: point.knownAt ?? before }, b: { validAt: day, knownAt: null } })
              }
            >
              {texts.thenAndNow}
            </Action>
            <Action
              onClick={() => onChange({ a: { validAt: day, knownAt: before }, b: { validAt: day, knownAt: last } })}
            >
              {texts.lastRecording}
            </Action>
            <Action onClick={() => onChange({ a: NOW, b: { validAt: firstOfNextMonth(today), knownAt: null } })}>
              {texts.nextMonth}
            </Action>
          </div>
          <div className="row">
            <PointFields side="A" point={pair.a} instants={instants} onChange={(a) => onChange({ ...pair, a })} />
            <PointFields side="B" point={pair.b} instants={instants} onChange={(b) => onChange({ ...pair, b })} />
          </div>
        </>
      )}
    </Panel>
  );
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

function Differences({ place, pair }: { place: Place; pair: Pair }) {
  const [isOnly, setOnly] = useState(true);
  const a = useQuery(resolutionQuery(place, pair.a));
  const b = useQuery(resolutionQuery(place, pair.b));
  return (
    <Panel
      title={texts.compare}
      query={a}
      actions={
        <Action aria-pressed={isOnly} onClick={() => setOnly(!isOnly)}>
          {texts.onlyDifferences}
        </Action>
      }
    >
      {(before) => (
        <Reading query={b}>
          {(after) => <SideBySide before={before} after={after} pair={pair} place={place} isOnly={isOnly} />}
        </Reading>
      )}
    </Panel>
  );
}

interface SideProps {
  before: Schema<"Resolution">;
  after: Schema<"Resolution">;
  pair: Pair;
  place: Place;
  isOnly: boolean;
}

type Row = Compared | "class";

function SideBySide({ before, after, pair, place, isOnly }: SideProps) {
  const { today, time_zone } = useMe();
  const [a, b] = [classOf(before), classOf(after)];
  const values: Row[] = compared(before, after).filter(({ isDifferent }) => isDifferent || !isOnly);
  const rows: Row[] = a === b && isOnly ? values : ["class", ...values];
  const head = (side: string, point: Point) =>
    `${side}: ${pointText(point.validAt ?? today, point.knownAt, time_zone)}`;
  if (rows.length === 0) return <Empty text={texts.noDifferences} />;
  return (
    <Table
      caption={texts.compare}
      rows={rows}
      keyOf={(row) => (row === "class" ? row : row.path)}
      columns={[
        { head: texts.field, cell: (row) => (row === "class" ? texts.profileClass : labelOf(row.path)) },
        { head: head("A", pair.a), cell: (row) => (row === "class" ? a : <Cell explained={row.a} place={place} />) },
        { head: head("B", pair.b), cell: (row) => (row === "class" ? b : <Cell explained={row.b} place={place} />) },
      ]}
    />
  );
}

function classOf(resolution: Schema<"Resolution">): string {
  const profile = applied(resolution);
  return profile === null ? texts.noProfile : `${profile.profile_class}, version ${profile.class_version}`;
}

function Cell({ explained, place }: { explained: Schema<"Explained"> | null; place: Place }) {
  if (explained === null) return <span className="muted">{texts.notSet}</span>;
  return (
    <>
      {valueText(explained.value)}
      <div className="hint">{originText(explained, place)}</div>
    </>
  );
}
