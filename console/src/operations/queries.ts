/** What the operations pages read. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { body, client } from "../api/client.ts";
import type { Schema } from "../api/types.ts";
import { clocks, type Point } from "../time/point.ts";

const PAGE = 50;
const ANSWERED_MS = 1_000;

export type Delivery = Schema<"Delivery">;
export type Letter = Schema<"DeadLetter">;
export type LetterReason = Schema<"LetterReason">;

export const STATUSES = ["waiting", "sent", "not_sent", "dead"] as const;
export const STATES = ["dead", "resending", "resent"] as const;

/** Every read of dead letters has a key that begins so. */
export const LETTERS = ["dead_letters"];

/** Returns the query of the state of the installation; the stream keeps its answer up to date. */
export function operationsQuery() {
  return queryOptions({
    queryKey: ["read_operations"],
    queryFn: ({ signal }) => body(client.GET("/v1/operations", { signal })),
    refetchOnWindowFocus: false,
  });
}

/** Returns the query of what one read model says of its last rebuild; it is asked again with every other `step` of it. */
export function projectionQuery(name: string, step: string) {
  return queryOptions({
    queryKey: ["read_projection", name, step],
    queryFn: ({ signal }) => body(client.GET("/v1/projections/{name}", { params: { path: { name } }, signal })),
  });
}

export function deliveriesQuery(status: Delivery["status"] | undefined, number: string | undefined, point: Point) {
  return infiniteQueryOptions({
    queryKey: ["list_deliveries", status, number, point.validAt, point.knownAt],
    queryFn: ({ signal, pageParam }) => {
      const query = { ...clocks(point), status, number, limit: PAGE, cursor: pageParam };
      return body(client.GET("/v1/deliveries", { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchOnWindowFocus: false,
  });
}

export function lettersQuery(state: Letter["state"] | undefined, reason: string | undefined) {
  return infiniteQueryOptions({
    queryKey: [...LETTERS, "list", state, reason],
    queryFn: ({ signal, pageParam }) => {
      const query = { state, reason, limit: PAGE, cursor: pageParam };
      return body(client.GET("/v1/dead-letters", { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function reasonsQuery() {
  return queryOptions({
    queryKey: [...LETTERS, "reasons"],
    queryFn: ({ signal }) => body(client.GET("/v1/dead-letters/reasons", { signal })),
  });
}

export function letterQuery(eventId: string) {
  return queryOptions({
    queryKey: [...LETTERS, eventId],
    queryFn: ({ signal }) =>
      body(client.GET("/v1/dead-letters/{event_id}", { params: { path: { event_id: eventId } }, signal })),
    // An answer that comes within a second leaves the counts of the stream as they were.
    refetchInterval: (query) => query.state.data?.state === "resending" && ANSWERED_MS,
  });
}
