/** What the customer pages read. */

import { infiniteQueryOptions } from "@tanstack/react-query";
import { body, client } from "../api/client.ts";
import { read } from "../api/reading.ts";
import type { Schema } from "../api/types.ts";
import { clocks, type Point } from "../time/point.ts";

const PAGE = 50;

export const FIND_BY = ["name", "number", "alternate", "response"] as const;
export type FindBy = (typeof FIND_BY)[number];

/** A customer that was found, and how the number that was looked for belongs to it. */
export interface Found {
  number: string;
  name: string;
  /** The instant from which on an alternate number is out of date. */
  outOfDateSince?: string | null;
  mergedFrom?: string | null;
}

export function customerQuery(number: string, point: Point) {
  return read("read_customer", [number], point, (signal) =>
    body(client.GET("/v1/customers/{number}", { params: { path: { number }, query: clocks(point) }, signal })),
  );
}

export function drawerQuery(number: string, point: Point) {
  return read("read_drawer", [number], point, (signal) =>
    body(client.GET("/v1/customers/{number}/drawer", { params: { path: { number }, query: clocks(point) }, signal })),
  );
}

export function widgetQuery(number: string, point: Point) {
  return read("read_widget", [number], point, (signal) =>
    body(client.GET("/v1/customers/{number}/fields", { params: { path: { number }, query: clocks(point) }, signal })),
  );
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
    body(client.GET("/v1/categories", { params: { query: { ...clocks(point), limit: 500 } }, signal })),
  );
}

/** Returns the query of the label that the company gives to alternate numbers (control H95). */
export function alternateLabelQuery(point: Point) {
  return read("read_control", ["H95"], point, (signal) =>
    body(client.GET("/v1/controls/{code}", { params: { path: { code: "H95" }, query: clocks(point) }, signal })),
  );
}

export function findQuery(by: FindBy, wanted: string, point: Point) {
  return infiniteQueryOptions({
    queryKey: ["find_customers", by, wanted, point.validAt, point.knownAt],
    queryFn: ({ signal, pageParam }) => findPage(by, wanted, point, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

interface FoundPage {
  items: Found[];
  next_cursor?: string | null;
}

async function findPage(
  by: FindBy,
  wanted: string,
  point: Point,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<FoundPage> {
  if (by === "number") {
    const query = clocks(point);
    return {
      items: [
        await body(client.GET("/v1/customers/{number}", { params: { path: { number: wanted }, query }, signal })),
      ],
    };
  }
  const term = by === "alternate" ? { alternate_number: wanted } : { [by]: wanted || undefined };
  const query = { ...clocks(point), ...term, limit: PAGE, cursor };
  const page = await body(client.GET("/v1/customers", { params: { query }, signal }));
  return { items: page.items.map(found), next_cursor: page.next_cursor };
}

function found(item: Schema<"CustomerSummary"> | Schema<"FoundByAlternate">): Found {
  if (!("customer" in item)) return item;
  const former = item.customer.alternate_numbers.find(({ number }) => number === item.alternate_number);
  return {
    number: item.customer.number,
    name: item.customer.name,
    outOfDateSince: item.out_of_date ? former?.known_to : null,
    mergedFrom: item.merged_from,
  };
}
