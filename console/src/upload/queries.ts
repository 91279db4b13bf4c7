/** What the upload pages read. */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { body, client } from "../api/client.ts";
import { read } from "../api/reading.ts";
import type { Schema } from "../api/types.ts";
import { NOW } from "../time/point.ts";
import { type ContactFile, columnsHeader, delimiterParameter, digestOf, type Overrides } from "./reading.ts";

export type Upload = Schema<"UploadRead">;
export type Preview = Schema<"UploadPreview">;

const PAGE = 50;
const ALL = 500;
const LIVE_MS = 1_000;
const OVER: readonly Upload["state"][] = ["finished", "refused", "cancelled"];
/** Bytes that columns are found in, and that a check of the first rows reads. */
const HEAD_BYTES = 65_536;
const CHECKED_BYTES = 1_000_000;
export const CHECKED_ROWS = 1_000;

export function isOver(upload: Upload): boolean {
  return OVER.includes(upload.state);
}

export function uploadsQuery() {
  return infiniteQueryOptions({
    queryKey: ["list_uploads"],
    queryFn: ({ signal, pageParam }) =>
      body(client.GET("/v1/uploads", { params: { query: { limit: PAGE, cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: ({ state }) => (state.data?.pages.every(({ items }) => items.every(isOver)) ? false : LIVE_MS),
  });
}

/** Returns the query of one upload, which is asked again every second until it is over. */
export function uploadQuery(upload: string) {
  return queryOptions({
    queryKey: ["read_upload", upload],
    queryFn: ({ signal }) => body(client.GET("/v1/uploads/{upload}", { params: { path: { upload } }, signal })),
    refetchInterval: ({ state }) => (state.data !== undefined && isOver(state.data) ? false : LIVE_MS),
  });
}

export function refusedRowsQuery(upload: string) {
  return infiniteQueryOptions({
    queryKey: ["read_errors", upload],
    queryFn: ({ signal, pageParam }) => {
      const query = { format: "json", limit: PAGE, cursor: pageParam } as const;
      return body(client.GET("/v1/uploads/{upload}/errors", { params: { path: { upload }, query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function mappingsQuery() {
  return read("list_upload_mappings", [], NOW, (signal) =>
    body(client.GET("/v1/upload-mappings", { params: { query: { limit: ALL } }, signal })),
  );
}

export function fieldsQuery() {
  return read("list_fields", [], NOW, (signal) =>
    body(client.GET("/v1/fields", { params: { query: { limit: ALL } }, signal })),
  );
}

/** Returns the query of the latest upload of a file with the same content. */
export function sameFileQuery(file: ContactFile) {
  return queryOptions({
    queryKey: ["list_uploads", "same", file.id],
    queryFn: async ({ signal }) => {
      const digest = await digestOf(file.content);
      if (digest === null) return null;
      const { items } = await body(client.GET("/v1/uploads", { params: { query: { limit: ALL } }, signal }));
      return items.find((upload) => upload.digest === digest && upload.state === "finished") ?? null;
    },
  });
}

export interface Looked {
  file: ContactFile;
  mapping: string | null;
  overrides: Overrides;
  /** Where the columns go; null: as the mapping says, or as suggested. */
  columns: Readonly<Record<string, string>> | null;
  /** The days on which the values hold, where rows are to be checked. */
  days?: { from: string; to: string };
}

/** Returns the query of what a file holds; with days, its first rows are checked against what is stored. */
export function previewQuery(looked: Looked) {
  const { file, mapping, overrides, columns, days } = looked;
  return queryOptions({
    queryKey: ["preview_file", file.id, mapping, overrides, columns, days],
    queryFn: ({ signal }) => askForPreview(looked, signal),
    placeholderData: columns === null ? undefined : keepPreviousData,
    retry: false,
  });
}

function askForPreview({ file, mapping, overrides, columns, days }: Looked, signal: AbortSignal): Promise<Preview> {
  const sent = file.content.slice(0, days ? CHECKED_BYTES : HEAD_BYTES);
  const query = {
    file: file.name,
    size: file.content.size,
    mapping: columns === null ? (mapping ?? undefined) : undefined,
    delimiter: delimiterParameter(overrides.delimiter),
    header: overrides.header ?? undefined,
    encoding: overrides.encoding ?? undefined,
    rows: days && CHECKED_ROWS,
    effective_from: days?.from || undefined,
    effective_to: days?.to || undefined,
  };
  const header = columns === null ? {} : { "Dossier-Upload-Columns": columnsHeader(columns) };
  return body(
    client.POST("/v1/uploads/preview", {
      params: { query, header },
      // The document describes a body of bytes as a text.
      body: sent as unknown as string,
      bodySerializer: (content) => content,
      headers: { "Content-Type": "application/octet-stream" },
      signal,
    }),
  );
}
