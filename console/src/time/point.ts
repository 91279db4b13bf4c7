/** The point in time that a page speaks about: the business day and the instant of knowledge, both in the address (rule 0.3). */

import { microseconds } from "./dates.ts";

/** Null stands for today, and for now. */
export interface Point {
  readonly validAt: string | null;
  readonly knownAt: string | null;
}

export const NOW: Point = { validAt: null, knownAt: null };

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})$/;

/** Returns the point of an address's query; what is not a day or an instant counts as left out. */
export function pointOf(search: string): Point {
  const parameters = new URLSearchParams(search);
  const valid = parameters.get("valid") ?? "";
  const known = parameters.get("known") ?? "";
  return { validAt: DAY.test(valid) ? valid : null, knownAt: INSTANT.test(known) ? known : null };
}

/** Returns the address with this point instead of its own; nothing else in it changes. */
export function withPoint(address: string, point: Point): string {
  const [path = "", search = ""] = address.split("?", 2);
  const parameters = new URLSearchParams(search);
  parameters.delete("valid");
  parameters.delete("known");
  if (point.validAt !== null) parameters.set("valid", point.validAt);
  if (point.knownAt !== null) parameters.set("known", point.knownAt);
  const query = parameters.toString();
  return query === "" ? path : `${path}?${query}`;
}

/** Returns the point as the API's query parameters. */
export function clocks(point: Point): { valid_at?: string; known_at?: string } {
  return { valid_at: point.validAt ?? undefined, known_at: point.knownAt ?? undefined };
}

/** Returns whether nothing was recorded yet as known at the point; `first` is the instant of the first entry, if it is known. */
export function isBeforeFirst({ knownAt }: Point, first: string | undefined): boolean {
  return knownAt !== null && first !== undefined && microseconds(knownAt) < microseconds(first);
}

/** Returns whether both clocks say now. */
export function isNow(point: Point): boolean {
  return point.validAt === null && point.knownAt === null;
}
