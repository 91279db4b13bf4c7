/** The filters of the audit as they are in the address, under the names that the API gives them. */

import { clocks, type Point } from "../time/point.ts";

export const NAMES = [
  "kind",
  "key",
  "actor",
  "role",
  "source",
  "topic",
  "field",
  "recorded_from",
  "recorded_to",
  "effective_from",
  "effective_to",
  "back_dated",
  "reason",
  "correlation_id",
  "causation_id",
] as const;

export type Name = (typeof NAMES)[number];
export type Filters = Readonly<Partial<Record<Name, string>>>;
export type Order = "newest" | "oldest";
export type FileFormat = "csv" | "ndjson";

/** Returns the filters of an address's query; what is blank counts as left out. */
export function filtersOf(search: string): Filters {
  const parameters = new URLSearchParams(search);
  const given = NAMES.map((name) => [name, parameters.get(name)?.trim() ?? ""] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== ""));
}

/** Returns the order of an address's query: the newest first where it says nothing. */
export function orderOf(search: string): Order {
  return new URLSearchParams(search).get("order") === "oldest" ? "oldest" : "newest";
}

/** Returns an address's query with these filters instead of its own; nothing else in it changes. */
export function withFilters(search: string, filters: Filters): string {
  const parameters = new URLSearchParams(search);
  for (const name of NAMES) parameters.delete(name);
  for (const name of NAMES) if (filters[name] !== undefined) parameters.set(name, filters[name]);
  return parameters.toString();
}

/** Returns the filters without one of them; the key goes with the kind, which it means nothing without. */
export function without(filters: Filters, name: Name): Filters {
  const gone = name === "kind" ? ["kind", "key"] : [name];
  return Object.fromEntries(Object.entries(filters).filter(([each]) => !gone.includes(each)));
}

/** Returns the filters of everything that was recorded on a day. */
export function recordedOn(day: string): Filters {
  return { recorded_from: day, recorded_to: day };
}

/** Returns the address of the file of everything that is filtered, as known at the page's point. */
export function fileAddress(filters: Filters, order: Order, point: Point, format: FileFormat): string {
  const known = clocks(point).known_at;
  const parameters = new URLSearchParams({ ...filters, order, format });
  if (known !== undefined) parameters.set("known_at", known);
  if (format === "csv") parameters.set("bom", "true");
  return `/v1/history?${parameters}`;
}
