/** What the list of accounts and sites is filtered by, as it is in the address, under the names that the API gives it. */

import type { Schema } from "../api/types.ts";

export const KINDS = ["accounts", "sites"] as const;
export type ListKind = (typeof KINDS)[number];

const PROFILE = ["profile_class", "class_version_below", "set_here"] as const;
const NAMES: Readonly<Record<ListKind, readonly FilterName[]>> = {
  accounts: ["customer", ...PROFILE],
  sites: PROFILE,
};

export type FilterName = "customer" | (typeof PROFILE)[number];
export type ListFilters = Readonly<Partial<Record<FilterName, string>>>;

/** An account or a site in a list; only sites have a `site`, only accounts a customer and a first day. */
export interface Listed {
  readonly account: string;
  readonly site?: string;
  readonly customer?: string;
  readonly start?: string;
  readonly profile?: Schema<"Applied"> | null;
}

export interface ListPage {
  items: Listed[];
  next_cursor?: string | null;
  total?: number | null;
  total_is_exact?: boolean | null;
}

/** Returns what an address's query lists. */
export function kindOf(search: string): ListKind {
  return new URLSearchParams(search).get("of") === "sites" ? "sites" : "accounts";
}

/** Returns the filters of an address's query that its list has; what is blank counts as left out. */
export function filtersOf(search: string): ListFilters {
  const parameters = new URLSearchParams(search);
  const given = NAMES[kindOf(search)].map((name) => [name, parameters.get(name)?.trim() ?? ""] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== ""));
}

/** Returns an address's query with this list instead of its own; nothing else in it changes. */
export function withList(search: string, kind: ListKind, filters: ListFilters): string {
  const parameters = new URLSearchParams(search);
  for (const name of ["of", ...NAMES.accounts]) parameters.delete(name);
  if (kind === "sites") parameters.set("of", kind);
  for (const name of NAMES[kind]) if (filters[name]) parameters.set(name, filters[name]);
  return parameters.toString();
}
