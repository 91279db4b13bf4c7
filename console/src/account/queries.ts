/** What the account pages read. */

import { infiniteQueryOptions, type QueryClient, queryOptions } from "@tanstack/react-query";
import { body, client } from "../api/client.ts";
import { problemOf } from "../api/problems.ts";
import { read } from "../api/reading.ts";
import type { operations } from "../api/schema.d.ts";
import type { Schema } from "../api/types.ts";
import type { Pair } from "../history/pair.ts";
import type { Version } from "../picture/versions.ts";
import { clocks, NOW, type Point } from "../time/point.ts";
import type { ListFilters, ListKind, ListPage } from "./listing.ts";
import type { Place } from "./place.ts";

const PAGE = 50;
type Query = operations["list_accounts"]["parameters"]["query"];
const LARGEST_PAGE = 500;

/** Returns the query of the accounts, or of the sites, that these filters let through; the first page has their number. */
export function listQuery(kind: ListKind, filters: ListFilters, point: Point) {
  return infiniteQueryOptions({
    queryKey: ["list", kind, filters, point.validAt, point.knownAt],
    queryFn: async ({ signal, pageParam }): Promise<ListPage> => {
      const counted = pageParam === undefined ? { total: true } : {};
      // The texts of the address are the API's to judge: it names each that cannot be meant.
      const query = { ...clocks(point), ...filters, ...counted, limit: PAGE, cursor: pageParam } as Query;
      if (kind === "accounts") return body(client.GET("/v1/accounts", { params: { query }, signal }));
      return body(client.GET("/v1/sites", { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function accountQuery(account: string) {
  return read("read_account", [account], NOW, (signal) =>
    body(client.GET("/v1/accounts/{account}", { params: { path: { account } }, signal })),
  );
}

/** What an account or a site is now: its version, and when it was opened or created. */
interface Latest {
  readonly version: number;
  readonly opened_at?: string;
  readonly created_at?: string;
}

/** Returns the query of what an account or a site is now. */
export function latestQuery({ account, site }: Place) {
  if (site === undefined) return read("read_account", [account], NOW, (signal) => latestAccount(account, signal));
  return read("read_site", [account, site], NOW, (signal) => latestSite(account, site, signal));
}

function latestAccount(account: string, signal: AbortSignal): Promise<Latest> {
  return body(client.GET("/v1/accounts/{account}", { params: { path: { account } }, signal }));
}

function latestSite(account: string, site: string, signal: AbortSignal): Promise<Latest> {
  return body(client.GET("/v1/accounts/{account}/sites/{site}", { params: { path: { account, site } }, signal }));
}

/** Returns an account or a site as the history of everything names it. */
export function thingOf({ account, site }: Place): { kind: "account" | "site"; key: string } {
  return site === undefined ? { kind: "account", key: account } : { kind: "site", key: `${account}/${site}` };
}

/** Returns the query of the events of an account or a site, the last one first. */
export function eventsQuery(place: Place, { knownAt }: Point) {
  return infiniteQueryOptions({
    queryKey: ["search_history", thingOf(place), knownAt],
    queryFn: ({ signal, pageParam }) => {
      const known_at = knownAt ?? undefined;
      const query = { ...thingOf(place), known_at, order: "newest", limit: PAGE, cursor: pageParam } as const;
      return body(client.GET("/v1/history", { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

/** Returns the query of the instant at which the first entry about a place was recorded. */
export function firstEntryQuery(place: Place) {
  return { ...latestQuery(place), select: firstEntryOf };
}

function firstEntryOf({ opened_at, created_at }: Latest): string | undefined {
  return opened_at ?? created_at;
}

/** Returns the query of every version of a profile. It is not asked again by itself: nothing is redrawn under the reader's hands. */
export function historyQuery(place: Place) {
  return queryOptions({
    queryKey: ["read_history", place.account, place.site ?? null],
    queryFn: ({ signal }) => wholeHistory(place, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

async function wholeHistory(place: Place, signal: AbortSignal): Promise<Version[]> {
  const versions: Version[] = [];
  let cursor: string | undefined;
  do {
    const page = await historyPage(place, cursor, signal);
    versions.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return versions;
}

function historyPage({ account, site }: Place, cursor: string | undefined, signal: AbortSignal) {
  const query = { limit: LARGEST_PAGE, cursor };
  if (site === undefined) {
    return body(client.GET("/v1/accounts/{account}/history", { params: { path: { account }, query }, signal }));
  }
  const path = { account, site };
  return body(client.GET("/v1/accounts/{account}/sites/{site}/history", { params: { path, query }, signal }));
}

/** Returns the query of the versions of an account and of all its sites, the first 100 of each. */
export function versionsQuery(account: string) {
  return queryOptions({
    queryKey: ["read_versions", account],
    queryFn: ({ signal }) => allSites(account, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

async function allSites(account: string, signal: AbortSignal): Promise<Schema<"AccountVersions">> {
  const ask = (cursor?: string) =>
    body(client.GET("/v1/accounts/{account}/versions", { params: { path: { account }, query: { cursor } }, signal }));
  const first = await ask();
  const sites = [...first.sites];
  for (let cursor = first.next_cursor; cursor; ) {
    const page = await ask(cursor);
    sites.push(...page.sites);
    cursor = page.next_cursor;
  }
  return { ...first, sites };
}

/** Returns the query of what applies at a point, value by value (rule 2.13). */
export function resolutionQuery({ account, site }: Place, point: Point) {
  const { valid_at, known_at } = clocks(point);
  return read("resolve_profile", [account, site ?? null], point, (signal) =>
    body(
      client.GET("/v1/accounts/{account}/resolve", {
        params: { path: { account }, query: { site, date: valid_at, known_at } },
        signal,
      }),
    ),
  );
}

/** Returns the query of what made each value so that applies at a point. */
export function explainedResolutionQuery({ account, site }: Place, point: Point) {
  const { valid_at, known_at } = clocks(point);
  return read("explain_profile", [account, site ?? null], point, async (signal) => {
    const params = { path: { account }, query: { site, date: valid_at, known_at, explain: true } };
    const answer = await body(client.GET("/v1/accounts/{account}/resolve", { params, signal }));
    return answer.explanations ?? {};
  });
}

/** Returns the query of what applies at each of two points; null where nothing was recorded yet, as known then. */
export function comparisonQuery(place: Place, pair: Pair) {
  return queryOptions({
    queryKey: ["compare_profile", place.account, place.site ?? null, pair],
    queryFn: ({ client: queries }) =>
      Promise.all([resolutionOrNull(queries, place, pair.a), resolutionOrNull(queries, place, pair.b)]),
  });
}

async function resolutionOrNull(
  queries: QueryClient,
  place: Place,
  point: Point,
): Promise<Schema<"Resolution"> | null> {
  try {
    return await queries.fetchQuery(resolutionQuery(place, point));
  } catch (failure) {
    if (point.knownAt !== null && problemOf(failure, "not-found")) return null;
    throw failure;
  }
}

/** Returns the query of all profile classes, as they are now: their order gives the colours. */
export function classesQuery() {
  return read("list_profile_classes", [], NOW, (signal) =>
    body(client.GET("/v1/profile-classes", { params: { query: { limit: LARGEST_PAGE } }, signal })),
  );
}
