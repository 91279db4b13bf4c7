import type { ReactNode } from "react";
import { Link } from "wouter";
import { Badge } from "../design/Badge.tsx";
import { To } from "../design/To.tsx";
import { Days, Instant } from "../design/When.tsx";
import { justBefore } from "../time/dates.ts";
import { withPoint } from "../time/point.ts";
import type { Precision } from "../time/words.ts";
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

/** The days on which an event is in force (rule 2.22). */
export function InForceOn({ ranges }: { ranges: readonly Range[] }) {
  if (ranges.length === 0) return texts.nowhere;
  const days = new Map(ranges.map((range) => [`${range.effective_from} ${range.effective_to}`, range]));
  return (
    <ul className="plain">
      {[...days].map(([key, { effective_from, effective_to }]) => (
        <li key={key}>
          <Days from={effective_from} to={effective_to ?? null} />
        </li>
      ))}
    </ul>
  );
}

interface ChangeProps {
  label: string;
  /** Undefined where nothing is known of it, null where there was none. */
  before: ReactNode;
  after: ReactNode;
}

/** A value with the one that it replaced. */
export function ChangedValue({ label, before, after }: ChangeProps) {
  return (
    <li>
      {label}: {before !== undefined && <s>{before}</s>} {after}
    </li>
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
