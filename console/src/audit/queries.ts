/** What the audit pages read. */

import { infiniteQueryOptions } from "@tanstack/react-query";
import { body, client } from "../api/client.ts";
import { read } from "../api/reading.ts";
import type { operations } from "../api/schema.d.ts";
import type { Schema } from "../api/types.ts";
import { clocks, type Point } from "../time/point.ts";
import type { Filters, Order } from "./filters.ts";

const PAGE = 50;

export type Entry = Schema<"HistoryEntry">;
type Query = operations["search_history"]["parameters"]["query"];

/** Returns the query of the events that these filters let through. */
export function historyQuery(filters: Filters, order: Order, point: Point) {
  return infiniteQueryOptions({
    queryKey: ["search_history", filters, order, point.knownAt],
    queryFn: ({ signal, pageParam }) => {
      // The texts of the address are the API's to judge: it names each that cannot be meant.
      const asked = { ...filters, order, known_at: clocks(point).known_at, limit: PAGE, cursor: pageParam } as Query;
      return body(client.GET("/v1/history", { params: { query: asked }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchOnWindowFocus: false,
  });
}

/** Returns the query of one event. */
export function eventQuery(eventId: string, point: Point) {
  return read("read_event", [eventId], point, (signal) =>
    body(
      client.GET("/v1/history/{event_id}", {
        params: { path: { event_id: eventId }, query: clocks(point) },
        signal,
      }),
    ),
  );
}
