/** What the set-up pages read. */

import { infiniteQueryOptions } from "@tanstack/react-query";
import { body, client } from "../api/client.ts";
import { read } from "../api/reading.ts";
import type { Operation, Schema } from "../api/types.ts";
import { clocks, type Point } from "../time/point.ts";

const PAGE = 50;
const ALL = 500;
/** How often a page with a form looks whether somebody else has changed what it was filled from. */
export const LOOK_AGAIN_MS = 30_000;

export function categoriesQuery(point: Point) {
  return read("list_categories", [], point, (signal) =>
    body(client.GET("/v1/categories", { params: { query: { ...clocks(point), limit: ALL } }, signal })),
  );
}

export function categoryQuery(code: number, point: Point) {
  return read("read_category", [code], point, (signal) =>
    body(client.GET("/v1/categories/{code}", { params: { path: { code }, query: clocks(point) }, signal })),
  );
}

export function categoryHistoryQuery(code: number, point: Point) {
  return historyQuery("read_category_history", code, point, (query, signal) =>
    body(client.GET("/v1/categories/{code}/history", { params: { path: { code }, query }, signal })),
  );
}

export function fieldsQuery(point: Point) {
  return read("list_fields", [], point, (signal) =>
    body(client.GET("/v1/fields", { params: { query: { ...clocks(point), limit: ALL } }, signal })),
  );
}

export function fieldQuery(key: string, point: Point) {
  return read("read_field", [key], point, (signal) =>
    body(client.GET("/v1/fields/{key}", { params: { path: { key }, query: clocks(point) }, signal })),
  );
}

export function fieldHistoryQuery(key: string, point: Point) {
  return historyQuery("read_field_history", key, point, (query, signal) =>
    body(client.GET("/v1/fields/{key}/history", { params: { path: { key }, query }, signal })),
  );
}

export function controlsQuery(point: Point) {
  return read("list_controls", [], point, (signal) =>
    body(client.GET("/v1/controls", { params: { query: { ...clocks(point), limit: ALL } }, signal })),
  );
}

export function mappingsQuery(point: Point) {
  return read("list_mappings", [], point, (signal) =>
    body(client.GET("/v1/attribute-mappings", { params: { query: { ...clocks(point), limit: ALL } }, signal })),
  );
}

export function controlHistoryQuery(code: string, point: Point) {
  return historyQuery("read_control_history", code, point, (query, signal) =>
    body(client.GET("/v1/controls/{code}/history", { params: { path: { code }, query }, signal })),
  );
}

export function mappingHistoryQuery(mapped: string, point: Point) {
  return historyQuery("read_mapping_history", mapped, point, (query, signal) =>
    body(client.GET("/v1/attribute-mappings/{mapped}/history", { params: { path: { mapped }, query }, signal })),
  );
}

export function systemOptionsHistoryQuery(point: Point) {
  return historyQuery("read_system_options_history", null, point, (query, signal) =>
    body(client.GET("/v1/system-options/history", { params: { query }, signal })),
  );
}

interface Asked {
  valid_at?: string;
  known_at?: string;
  order: "newest";
  limit: number;
  cursor?: string;
}

/** Returns the query of a history, the latest first. */
export function historyQuery(
  operation: Operation,
  of: string | number | null,
  point: Point,
  ask: (query: Asked, signal: AbortSignal) => Promise<unknown>,
) {
  return infiniteQueryOptions({
    queryKey: [operation, of, point.validAt, point.knownAt],
    queryFn: async ({ signal, pageParam }) => {
      const page = await ask({ ...clocks(point), order: "newest", limit: PAGE, cursor: pageParam }, signal);
      return page as Schema<"Page_HistoryEntry_">;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}
