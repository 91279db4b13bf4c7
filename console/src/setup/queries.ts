/** What the set-up pages read. */

import { infiniteQueryOptions } from "@tanstack/react-query";
import { body, client } from "../api/client.ts";
import { read } from "../api/reading.ts";
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
  return infiniteQueryOptions({
    queryKey: ["read_category_history", code, point.validAt, point.knownAt],
    queryFn: ({ signal, pageParam }) => {
      const query = { ...clocks(point), limit: PAGE, cursor: pageParam };
      return body(client.GET("/v1/categories/{code}/history", { params: { path: { code }, query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
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
  return infiniteQueryOptions({
    queryKey: ["read_field_history", key, point.validAt, point.knownAt],
    queryFn: ({ signal, pageParam }) => {
      const query = { ...clocks(point), limit: PAGE, cursor: pageParam };
      return body(client.GET("/v1/fields/{key}/history", { params: { path: { key }, query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
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
