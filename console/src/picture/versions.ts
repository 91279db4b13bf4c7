/**
 * What was in force on which day, and since when that was known, from the versions of a profile alone: they are painted in the order in
 * which they were recorded, later ones over earlier ones. What is left to see is what was in force (rules 2.11, 2.21).
 */

import type { Schema } from "../api/types.ts";
import { dayNumber, microseconds } from "../time/dates.ts";

export type Version = Schema<"ProfileVersion">;

/** The versions that became known at one instant. */
export interface Recording {
  readonly at: string;
  readonly versions: readonly Version[];
}

/** Days, as numbers, from the first one to the one after the last, on which one version is in force. */
export interface Span {
  readonly from: number;
  /** Infinity where it is open. */
  readonly until: number;
  readonly version: Version;
}

/** Returns the number of the day after the version's last one; Infinity where it is open. */
export function untilOf(version: Version): number {
  return version.effective_to === null ? Number.POSITIVE_INFINITY : dayNumber(version.effective_to) + 1;
}

/** Returns whether a version is about a day. */
function isAbout(version: Version, day: number): boolean {
  return dayNumber(version.effective_from) <= day && day < untilOf(version);
}

/** Returns the recordings in order. Versions with the same instant cannot be known one without the other. */
export function recordingsOf(versions: readonly Version[]): Recording[] {
  const recordings: { at: string; versions: Version[] }[] = [];
  for (const version of versions) {
    const last = recordings.at(-1);
    if (last?.at === version.recorded_at) last.versions.push(version);
    else recordings.push({ at: version.recorded_at, versions: [version] });
  }
  return recordings;
}

/** Returns the index of the last recording that was known at an instant; -1 where none was. Null stands for now. */
export function recordingAt(recordings: readonly Recording[], knownAt: string | null): number {
  if (knownAt === null) return recordings.length - 1;
  const known = microseconds(knownAt);
  return recordings.findLastIndex(({ at }) => microseconds(at) <= known);
}

/** Returns the version in force on a day, as known after the recording of this index; null where there is none. */
export function versionAt(recordings: readonly Recording[], index: number, day: number): Version | null {
  for (let at = index; at >= 0; at -= 1) {
    const version = recordings[at]?.versions.findLast((each) => isAbout(each, day));
    if (version !== undefined) return version;
  }
  return null;
}

/** Returns the spans, which are in order, with that of another version painted over them. */
export function painted(spans: readonly Span[], version: Version): Span[] {
  const from = dayNumber(version.effective_from);
  const until = untilOf(version);
  const before = spans.filter((span) => span.from < from);
  const after = spans.filter((span) => span.until > until);
  return [
    ...before.map((span) => (span.until > from ? { ...span, until: from } : span)),
    { from, until, version },
    ...after.map((span) => (span.from < until ? { ...span, from: until } : span)),
  ];
}

/** What is in force after each recording; kept, so that a step of a slider paints nothing again. */
const states = new WeakMap<readonly Recording[], readonly (readonly Span[])[]>();

function statesOf(recordings: readonly Recording[]): readonly (readonly Span[])[] {
  let known = states.get(recordings);
  if (known === undefined) {
    let spans: readonly Span[] = [];
    known = recordings.map(({ versions }) => {
      spans = versions.reduce(painted, spans);
      return spans;
    });
    states.set(recordings, known);
  }
  return known;
}

/** Returns what is in force, in the order of the days, as known after the recording of this index, or after the last one. */
export function inForce(recordings: readonly Recording[], index: number): readonly Span[] {
  return statesOf(recordings)[Math.min(index, recordings.length - 1)] ?? [];
}

/** Returns the span around a day; null where there is none. */
export function spanAround(spans: readonly Span[], day: number): Span | null {
  return spans.find(({ from, until }) => from <= day && day < until) ?? null;
}

/** Returns the days on which a version begins or the day after one ends, in order. */
export function boundariesOf(versions: readonly Version[]): number[] {
  const days = versions.flatMap((version) => [dayNumber(version.effective_from), untilOf(version)]);
  return [...new Set(days.filter(Number.isFinite))].sort((a, b) => a - b);
}

/** Returns the boundary next to a day in a direction; the day itself where there is none. */
export function nextBoundary(boundaries: readonly number[], day: number, direction: 1 | -1): number {
  const next =
    direction === 1 ? boundaries.find((each) => each > day) : boundaries.findLast((boundary) => boundary < day);
  return next ?? day;
}

/** Returns how many options and amounts are set on this account or site only. */
export function setHere(version: Version): number {
  return Object.keys(version.set_here).length;
}
