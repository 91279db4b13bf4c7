/** What the customer pages read. */

import { infiniteQueryOptions, type QueryClient, queryOptions } from "@tanstack/react-query";
import { body, client } from "../api/client.ts";
import { customerQuery } from "../api/customers.ts";
import { problemOf } from "../api/problems.ts";
import { read, STAYS } from "../api/reading.ts";
import type { Schema } from "../api/types.ts";
import type { Pair } from "../history/pair.ts";
import { clocks, NOW, type Point } from "../time/point.ts";
import type { Filters } from "./historyFilters.ts";

const PAGE = 50;
const LARGEST_PAGE = 500;

export const FIND_BY = ["name", "number", "alternate", "response", "field"] as const;
export type FindBy = (typeof FIND_BY)[number];

/** What customers are looked for by; `field` is the key of a business field, which is unmasked for the search where it is masked. */
export interface Wanted {
  readonly by: FindBy;
  readonly text: string;
  readonly field: string;
  readonly unmask: boolean;
}

/** A customer that was found, and how the number that was looked for belongs to it. */
export interface Found {
  number: string;
  name: string;
  /** The instant from which on an alternate number is out of date. */
  outOfDateSince?: string | null;
  mergedFrom?: string | null;
}

/** Returns the query of the version that a customer has now, which is looked at again and again. */
export function latestVersionQuery(number: string) {
  return read("read_latest_customer", [number], NOW, async (signal) => {
    const { version } = await body(client.GET("/v1/customers/{number}", { params: { path: { number } }, signal }));
    return version;
  });
}

export function drawerQuery(number: string, point: Point) {
  const query = read("read_drawer", [number], point, (signal) =>
    body(client.GET("/v1/customers/{number}/drawer", { params: { path: { number }, query: clocks(point) }, signal })),
  );
  return { ...query, ...STAYS };
}

export function widgetQuery(number: string, point: Point) {
  const query = read("read_widget", [number], point, (signal) =>
    body(client.GET("/v1/customers/{number}/fields", { params: { path: { number }, query: clocks(point) }, signal })),
  );
  return { ...query, ...STAYS };
}

/** Returns the query of what made each value of the widget so. */
export function explainedWidgetQuery(number: string, point: Point) {
  const query = { ...clocks(point), explain: true };
  return read("explain_widget", [number], point, async (signal) => {
    const path = { number };
    const answer = await body(client.GET("/v1/customers/{number}/fields", { params: { path, query }, signal }));
    return answer.explanations ?? {};
  });
}

/** Returns the query of what made each answer of the drawer so. */
export function explainedDrawerQuery(number: string, point: Point) {
  const query = { ...clocks(point), explain: true };
  return read("explain_drawer", [number], point, async (signal) => {
    const path = { number };
    const answer = await body(client.GET("/v1/customers/{number}/drawer", { params: { path, query }, signal }));
    return answer.explanations ?? {};
  });
}

/** Returns the query of the events of a customer that pass the filters, the last one first. */
export function eventsQuery(number: string, filters: Filters, { knownAt }: Point) {
  return infiniteQueryOptions({
    queryKey: ["read_customer_history", number, filters, knownAt],
    queryFn: ({ signal, pageParam }) => {
      const query = {
        ...filters,
        known_at: knownAt ?? undefined,
        order: "newest",
        limit: PAGE,
        cursor: pageParam,
      } as const;
      return body(client.GET("/v1/customers/{number}/history", { params: { path: { number }, query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

/** Returns the query of the last events of a customer, the last one first: as many as a page may have. */
export function lastEventsQuery(number: string, limit: number, { knownAt }: Point) {
  return read("read_last_events", [number, limit], { validAt: null, knownAt }, async (signal) => {
    const query = { known_at: knownAt ?? undefined, order: "newest", limit } as const;
    const page = await body(
      client.GET("/v1/customers/{number}/history", { params: { path: { number }, query }, signal }),
    );
    return page.items;
  });
}

/** Returns the query of what differs in a customer between two points, and of what is shown at each; null where it did not exist yet, as known then. */
export function comparisonQuery(number: string, pair: Pair) {
  return queryOptions({
    queryKey: ["compare_customer", number, pair],
    queryFn: async ({ client: queries, signal }) => {
      const [diff, a, b] = await Promise.all([
        differences(number, pair, signal),
        snapshotOrNull(queries, number, pair.a),
        snapshotOrNull(queries, number, pair.b),
      ]);
      return { diff, a, b };
    },
  });
}

type Differences = Pick<Schema<"Diff">, "differences">;

/** Returns what differs; nothing where the customer was not registered yet, as known at both points. */
async function differences(number: string, { a, b }: Pair, signal: AbortSignal): Promise<Differences> {
  const query = { from: pointParameter(a), to: pointParameter(b) };
  try {
    return await body(client.GET("/v1/customers/{number}/diff", { params: { path: { number }, query }, signal }));
  } catch (failure) {
    const isPast = a.knownAt !== null && b.knownAt !== null;
    if (isPast && problemOf(failure, "not-found")) return { differences: [] };
    throw failure;
  }
}

function pointParameter({ validAt, knownAt }: Point): string {
  return `${validAt ?? ""}@${knownAt ?? ""}`;
}

async function snapshotOrNull(queries: QueryClient, number: string, point: Point): Promise<Snapshot | null> {
  try {
    return await queries.fetchQuery(snapshotQuery(number, point));
  } catch (failure) {
    if (problemOf(failure, "not-found")) return null;
    throw failure;
  }
}

/** What is shown of a customer at a point. */
export interface Snapshot {
  readonly customer: Schema<"Customer">;
  readonly drawer: Schema<"Drawer">;
  readonly widget: Schema<"Widget">;
}

/** Returns the query of everything that is shown of a customer at a point. */
export function snapshotQuery(number: string, point: Point) {
  return queryOptions({
    queryKey: ["read_snapshot", number, point],
    queryFn: async ({ client: queries }): Promise<Snapshot> => {
      const [customer, drawer, widget] = await Promise.all([
        queries.fetchQuery(customerQuery(number, point)),
        queries.fetchQuery(drawerQuery(number, point)),
        queries.fetchQuery(widgetQuery(number, point)),
      ]);
      return { customer, drawer, widget };
    },
  });
}

export function accountsQuery(customer: string, point: Point) {
  return infiniteQueryOptions({
    queryKey: ["list_accounts", customer, point.validAt, point.knownAt],
    queryFn: ({ signal, pageParam }) =>
      body(
        client.GET("/v1/accounts", {
          params: { query: { ...clocks(point), customer, limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function deliveriesQuery(number: string, point: Point) {
  return infiniteQueryOptions({
    queryKey: ["list_deliveries", number, point.validAt, point.knownAt],
    queryFn: ({ signal, pageParam }) =>
      body(
        client.GET("/v1/deliveries", {
          params: { query: { ...clocks(point), number, limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

/** Returns the query of the deliveries of the events after one log position up to another. */
export function deliveriesOfQuery(number: string, after: number, last: number, point: Point) {
  const query = { ...clocks(point), number, limit: PAGE };
  return read("list_deliveries", [number, after, last], point, async (signal) => {
    const { items } = await body(client.GET("/v1/deliveries", { params: { query }, signal }));
    return items.filter(({ position }) => position > after && position <= last);
  });
}

export function categoriesQuery(point: Point) {
  return read("list_categories", [], point, (signal) =>
    body(client.GET("/v1/categories", { params: { query: { ...clocks(point), limit: LARGEST_PAGE } }, signal })),
  );
}

/** Returns the query of all business fields. */
export function fieldsQuery(point: Point) {
  return read("list_fields", [], point, (signal) =>
    body(client.GET("/v1/fields", { params: { query: { ...clocks(point), limit: LARGEST_PAGE } }, signal })),
  );
}

/** Returns the query of the label that the company gives to alternate numbers (control H95). */
export function alternateLabelQuery(point: Point) {
  return read("read_control", ["H95"], point, (signal) =>
    body(client.GET("/v1/controls/{code}", { params: { path: { code: "H95" }, query: clocks(point) }, signal })),
  );
}

export function findQuery(wanted: Wanted, point: Point) {
  return infiniteQueryOptions({
    queryKey: ["find_customers", wanted, point.validAt, point.knownAt],
    queryFn: ({ signal, pageParam }) => findPage(wanted, point, pageParam, signal),
    // What is unmasked is recorded, so it is asked for once.
    ...(wanted.unmask ? { staleTime: Number.POSITIVE_INFINITY, refetchOnWindowFocus: false } : {}),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

interface FoundPage {
  items: Found[];
  next_cursor?: string | null;
  total?: number | null;
  total_is_exact?: boolean | null;
}

async function findPage(
  { by, text, field, unmask }: Wanted,
  point: Point,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<FoundPage> {
  if (by === "number") {
    const query = clocks(point);
    return {
      items: [await body(client.GET("/v1/customers/{number}", { params: { path: { number: text }, query }, signal }))],
    };
  }
  const counted = cursor === undefined && (by === "field" || text === "") ? { total: true } : {};
  const query = { ...clocks(point), ...term(by, text, field, unmask), ...counted, limit: PAGE, cursor };
  const page = await body(client.GET("/v1/customers", { params: { query }, signal }));
  return { ...page, items: page.items.map(found) };
}

function term(by: FindBy, text: string, field: string, unmask: boolean) {
  if (by === "alternate") return { alternate_number: text };
  if (by === "field") return { field, value: text, ...(unmask ? { unmask } : {}) };
  return { [by]: text || undefined };
}

function found(item: Schema<"CustomerSummary"> | Schema<"FoundByAlternate">): Found {
  if (!("customer" in item)) return item;
  const former = item.customer.alternate_numbers.findLast(({ number }) => number === item.alternate_number);
  return {
    number: item.customer.number,
    name: item.customer.name,
    outOfDateSince: item.out_of_date ? former?.out_of_date_since : null,
    mergedFrom: item.merged_from,
  };
}
