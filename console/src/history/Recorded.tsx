import type { ReactNode } from "react";
import { Link } from "wouter";
import { useMe } from "../api/session.ts";
import { Badge } from "../design/Badge.tsx";
import { To } from "../design/To.tsx";
import { Days, Instant } from "../design/When.tsx";
import { justBefore } from "../time/dates.ts";
import { withPoint } from "../time/point.ts";
import { usePoint } from "../time/usePoint.ts";
import { type Precision, type Standing, standing } from "../time/words.ts";
import { SOURCES, texts } from "./texts.ts";

interface Range {
  readonly effective_from: string;
  readonly effective_to?: string | null;
}

/** An event as every history tells it. */
export interface Told {
  readonly recorded_at: string;
  readonly actor: string;
  readonly source: keyof typeof SOURCES;
}

/** A link to a page at a day, as known when an event was recorded. */
export function AtEvent({ path, day, at, children }: { path: string; day: string; at: string; children: ReactNode }) {
  return <Link href={withPoint(path, { validAt: day, knownAt: at })}>{children}</Link>;
}

interface RecordedProps {
  told: Told;
  precision: Precision;
  /** Makes something of the instant, such as a link. */
  children?: (instant: ReactNode) => ReactNode;
}

/** When and by whom something was recorded. */
export function Recorded({ told, precision, children }: RecordedProps) {
  const instant = <Instant at={told.recorded_at} precision={precision} />;
  return (
    <>
      {children === undefined ? instant : children(instant)}
      <div className="hint">
        {told.actor}, {SOURCES[told.source]}
      </div>
    </>
  );
}

/** The days that an event is about, marked where it was recorded after the first of them. */
export function EffectiveDays({ range, isBackDated }: { range: Range; isBackDated: boolean }) {
  return (
    <>
      <Days from={range.effective_from} to={range.effective_to ?? null} />{" "}
      {isBackDated && <Badge tone="warning">{texts.backDated}</Badge>}
    </>
  );
}

const TONES = { past: "neutral", "in force": "success", planned: "accent" } as const;

/** The days on which an event is in force (rule 2.22), each range marked as past, in force or planned on the day of the page. */
export function InForceOn({ ranges }: { ranges: readonly Range[] }) {
  const { today } = useMe();
  const day = usePoint().validAt ?? today;
  if (ranges.length === 0) return texts.nowhere;
  const days = new Map(ranges.map((range) => [`${range.effective_from} ${range.effective_to}`, range]));
  return (
    <ul className="plain">
      {[...days].map(([key, { effective_from, effective_to }]) => (
        <li key={key}>
          <Days from={effective_from} to={effective_to ?? null} />{" "}
          <Mark word={standing(effective_from, effective_to ?? null, day)} />
        </li>
      ))}
    </ul>
  );
}

function Mark({ word }: { word: Standing }) {
  return <Badge tone={TONES[word]}>{word}</Badge>;
}

/** A value that an event changed, in words. */
export interface ChangedValue {
  readonly key: string;
  readonly label: string;
  /** The value that it replaced; null where there was none, or nothing is known of it. */
  readonly before: string | null;
  /** Null where it is not set any more. */
  readonly after: string | null;
  /** The days on which it changed, where they are not those of the event. */
  readonly days?: { readonly from: string; readonly to: string | null } | null;
}

/** The values that an event changed, each with the one that it replaced. */
export function ChangedValues({ changes }: { changes: readonly ChangedValue[] }) {
  if (changes.length === 0) return null;
  return (
    <ul className="plain">
      {changes.map(({ key, label, before, after, days }) => (
        <li key={key}>
          {label}: {before !== null && <s>{before}</s>} {after ?? <span className="muted">{texts.notSet}</span>}
          {days && (
            <span className="hint">
              {" "}
              (<Days {...days} />)
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

interface BeforeProps {
  path: string;
  day: string;
  /** When the event was recorded. */
  at: string;
  /** Names the event for people who do not see its row. */
  event: string;
}

/** A link to the comparison of what was known just before an event and with it. */
export function BeforeAndAfter({ path, day, at, event }: BeforeProps) {
  const points = { a_valid: day, a_known: justBefore(at), b_valid: day, b_known: at };
  return (
    <To href={`${path}/compare?${new URLSearchParams(points)}`}>
      {texts.beforeAndAfter}
      <span className="unseen"> {event}</span>
    </To>
  );
}
