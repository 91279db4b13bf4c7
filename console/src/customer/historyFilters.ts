/** What a history is narrowed down to, in the address as the API names it. */

import type { operations } from "../api/schema.d.ts";

type Asked = NonNullable<operations["read_history"]["parameters"]["query"]>;

/** The values of the filters that are given. */
export type Filters = Pick<
  Asked,
  | "field"
  | "actor"
  | "source"
  | "reason"
  | "recorded_from"
  | "recorded_to"
  | "effective_from"
  | "effective_to"
  | "back_dated"
>;

export const TEXTS = ["field", "actor", "reason"] as const;
export const DAYS = ["recorded_from", "recorded_to", "effective_from", "effective_to"] as const;
export const SOURCES = ["ui", "api", "upload", "merge", "cli"] as const satisfies readonly Asked["source"][];

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Returns the filters of an address; what cannot be one is left out. */
export function filtersOf(search: string): Filters {
  const parameters = new URLSearchParams(search);
  const given = (name: string) => parameters.get(name)?.trim() || undefined;
  const texts = TEXTS.map((name) => [name, given(name)]);
  const days = DAYS.map((name) => [name, DAY.test(given(name) ?? "") ? given(name) : undefined]);
  const source = SOURCES.find((each) => each === given("source"));
  const flags = parameters.get("back_dated") === "true" ? [["back_dated", true]] : [];
  const all = [...texts, ...days, ["source", source], ...flags];
  return Object.fromEntries(all.filter(([, value]) => value !== undefined));
}

/** Returns an address's query with these filters instead of its own; empty texts are none. */
export function withFilters(search: string, filters: Readonly<Record<string, string>>): string {
  const parameters = new URLSearchParams(search);
  for (const name of [...TEXTS, ...DAYS, "source", "back_dated"]) {
    const value = filters[name]?.trim() ?? "";
    if (value === "") parameters.delete(name);
    else parameters.set(name, value);
  }
  return parameters.toString();
}
