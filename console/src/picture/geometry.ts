/** Where things stand in the picture of a timeline: effective date across, recorded time down. Pure; lengths are in pixels. */

import { addMonths, dayNumber, dayOf, microseconds } from "../time/dates.ts";
import { inForce, type Recording, type Span, untilOf, type Version } from "./versions.ts";

export const HEIGHT = 520;
const LEAST_ROW = 14;
const MOST_ROW = 58;
export const MOST_ROWS = 40;
const LEAST_TICK = 48;
const ROW_LABEL = 30;
const LABEL_WIDTH = 64;
const LABEL_HEIGHT = 30;

/** The days that are shown, as numbers: the first one, and the one after the last. */
export interface Window {
  readonly from: number;
  readonly until: number;
}

/** Returns the days from the start to the later of today and the last boundary, and an eighth more. */
export function wholeWindow(start: number, today: number, boundaries: readonly number[]): Window {
  const from = Math.min(start, ...boundaries.slice(0, 1));
  const last = Math.max(today, from, ...boundaries.slice(-1));
  return { from, until: last + 1 + Math.max(7, Math.ceil((last + 1 - from) / 8)) };
}

/** Returns as many days, with this one in the middle. */
export function windowAround(day: number, days: number): Window {
  const from = day - Math.floor(days / 2);
  return { from, until: from + days };
}

/** Returns the window moved as little as needed to have a day in it. */
export function including(window: Window, day: number): Window {
  const shift = day < window.from ? day - window.from : Math.max(0, day - window.until + 1);
  return { from: window.from + shift, until: window.until + shift };
}

/** Returns where a day begins, between 0 and the width; what lies outside stands at the edge. */
export function xOf(window: Window, width: number, day: number): number {
  const share = (day - window.from) / (window.until - window.from);
  return Math.min(1, Math.max(0, share)) * width;
}

/** Returns the day at a place. */
export function dayAt(window: Window, width: number, x: number): number {
  const day = window.from + Math.floor((x / width) * (window.until - window.from));
  return Math.min(window.until - 1, Math.max(window.from, day));
}

/** A mark of the axis: a month, or a year at January. */
export interface Tick {
  readonly day: number;
  readonly x: number;
  readonly isYear: boolean;
}

/** Returns the firsts of months in the window, thinned to 1, 2, 3, 6, 12 … months so that their labels have room. */
export function ticks(window: Window, width: number): Tick[] {
  const monthWidth = (width / (window.until - window.from)) * 30.4;
  const step = [1, 2, 3, 6, 12, 24, 60, 120, 600].find((months) => months * monthWidth >= LEAST_TICK) ?? 1_200;
  const found: Tick[] = [];
  let month = `${dayOf(window.from).slice(0, step >= 12 ? 4 : 7)}${step >= 12 ? "-01" : ""}-01`;
  const past = (monthsSince0(month) % step) * -1;
  for (month = addMonths(month, past); dayNumber(month) < window.until; month = addMonths(month, step)) {
    const day = dayNumber(month);
    if (day >= window.from) found.push({ day, x: xOf(window, width, day), isYear: month.slice(5, 7) === "01" });
  }
  return found;
}

function monthsSince0(day: string): number {
  const [year, month] = day.split("-").map(Number) as [number, number];
  return year * 12 + month - 1;
}

/** The rows of the picture: one a recording, the earlier ones in one, and a last one for now. */
export interface Rows {
  /** How many recordings share the first row; 0 where each has its own. */
  readonly earlier: number;
  /** Where each row begins, the one for now included; the last number is the bottom. */
  readonly tops: readonly number[];
}

/** Returns the rows of recordings of which so many are shown, evenly spaced, or by the time between them. */
export function rowsOf(recordings: readonly Recording[], shown: number, isToScale: boolean): Rows {
  const earlier = recordings.length > shown ? recordings.length - shown : 0;
  const count = recordings.length - earlier + (earlier > 0 ? 1 : 0);
  const even = Math.min(MOST_ROW, Math.max(LEAST_ROW, Math.floor(HEIGHT / Math.max(1, count))));
  const heights = isToScale ? scaled(recordings.slice(-count), even * count) : Array<number>(count).fill(even);
  const tops = [0];
  for (const height of [...heights, even]) tops.push((tops.at(-1) ?? 0) + height);
  return { earlier, tops };
}

/** Returns heights that share the total by elapsed time, each with the least at least. */
function scaled(recordings: readonly Recording[], total: number): number[] {
  const instants = recordings.map(({ at }) => microseconds(at));
  const gaps = instants.map((instant, index) => (instants[index + 1] ?? instant) - instant);
  const sum = gaps.reduce((a, b) => a + b, 0) || 1;
  const free = Math.max(0, total - LEAST_ROW * gaps.length);
  return gaps.map((gap) => LEAST_ROW + (gap / sum) * free);
}

/** Returns the row of the recording of an index. */
export function rowOf(rows: Rows, index: number): number {
  return rows.earlier === 0 ? index : Math.max(0, index - rows.earlier + 1);
}

/** Returns the index of the last recording of a row; the row after the last recording stands for now. */
export function recordingOf(rows: Rows, row: number): number {
  return rows.earlier === 0 ? row : row + rows.earlier - 1;
}

/** Returns the row at a place. */
export function rowAt(rows: Rows, y: number): number {
  const row = rows.tops.findLastIndex((top) => top <= y);
  return Math.min(rows.tops.length - 2, Math.max(0, row));
}

/** Returns the rows whose labels are shown: one every 30 pixels, and the chosen one always. */
export function labelledRows(rows: Rows, chosen: number): number[] {
  const labelled: number[] = [];
  const top = (row: number) => rows.tops[row] ?? 0;
  const far = (a: number, b: number) => Math.abs(top(a) - top(b)) >= ROW_LABEL;
  for (let row = 0; row < rows.tops.length - 1; row += 1) {
    const last = labelled.at(-1);
    if (row === chosen || ((last === undefined || far(last, row)) && far(row, chosen))) labelled.push(row);
  }
  return labelled;
}

/** A rectangle of a version: from its row down to the bottom. */
export interface Rectangle {
  readonly version: Version;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** Returns the rectangles in the order of painting; those outside of the window are left out. */
export function rectangles(recordings: readonly Recording[], rows: Rows, window: Window, width: number): Rectangle[] {
  return recordings.flatMap(({ versions }, index) =>
    versions.flatMap((version) => {
      const x = xOf(window, width, dayNumber(version.effective_from));
      const right = xOf(window, width, untilOf(version));
      return right > x ? [{ version, x, y: rows.tops[rowOf(rows, index)] ?? 0, width: right - x }] : [];
    }),
  );
}

/** The room for the label of a version. */
export interface Label {
  readonly version: Version;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** Returns a label for every version that has room for one where it is seen from its own row on. */
export function labels(recordings: readonly Recording[], rows: Rows, window: Window, width: number): Label[] {
  const states = rowStates(recordings, rows);
  const seen = new Set<string>();
  return states.flatMap((spans, row) =>
    spans
      .filter(({ version }) => !seen.has(version.event_id))
      .flatMap((span) => {
        const label = labelOf(states, rows, row, span, window, width);
        if (label !== null) seen.add(span.version.event_id);
        return label === null ? [] : [label];
      }),
  );
}

/** Returns what is in force in each row, the one for now left out. */
function rowStates(recordings: readonly Recording[], rows: Rows): (readonly Span[])[] {
  return rows.tops.slice(0, -2).map((_, row) => inForce(recordings, recordingOf(rows, row)));
}

function labelOf(
  states: readonly (readonly Span[])[],
  rows: Rows,
  row: number,
  span: Span,
  window: Window,
  width: number,
): Label | null {
  const y = rows.tops[row] ?? 0;
  const bottom = rows.tops.at(-1) ?? 0;
  let { from, until } = span;
  let below = row + 1;
  while (below < states.length && (rows.tops[below] ?? bottom) - y < LABEL_HEIGHT) {
    const same = states[below]?.find((each) => each.version === span.version && each.from < until && each.until > from);
    if (same === undefined) return null;
    from = Math.max(from, same.from);
    until = Math.min(until, same.until);
    below += 1;
  }
  const x = xOf(window, width, from);
  const room = xOf(window, width, until) - x;
  return room < LABEL_WIDTH ? null : { version: span.version, x, y, width: room };
}
