/** What the pages of profile classes and system options read. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { body, client } from "../api/client.ts";
import { read } from "../api/reading.ts";
import type { Schema } from "../api/types.ts";
import { clocks, type Point } from "../time/point.ts";
import type { Outcome } from "./classTexts.ts";

const PAGE = 50;
const ALL = 500;
const LIVE_MS = 1_000;
const REPORT_MS = 3_000;

export function classesQuery(point: Point) {
  return read("list_profile_classes", [], point, (signal) =>
    body(client.GET("/v1/profile-classes", { params: { query: { ...clocks(point), limit: ALL } }, signal })),
  );
}

export function classQuery(name: string, point: Point) {
  return read("read_profile_class", [name], point, (signal) =>
    body(client.GET("/v1/profile-classes/{name}", { params: { path: { name }, query: clocks(point) }, signal })),
  );
}

/** Returns the query of every version of a class, the latest first. */
export function versionsQuery(name: string, point: Point) {
  return read("list_profile_class_versions", [name], point, (signal) => allVersions(name, point, signal));
}

async function allVersions(name: string, point: Point, signal: AbortSignal): Promise<Schema<"ClassVersion">[]> {
  const versions: Schema<"ClassVersion">[] = [];
  let cursor: string | undefined;
  do {
    const query = { ...clocks(point), limit: ALL, cursor };
    const page = await body(
      client.GET("/v1/profile-classes/{name}/versions", { params: { path: { name }, query }, signal }),
    );
    versions.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return versions.reverse();
}

export function systemOptionsQuery(point: Point) {
  return read("read_system_options", [], point, (signal) =>
    body(client.GET("/v1/system-options", { params: { query: clocks(point) }, signal })),
  );
}

/** From which day on a run writes the change, and whether into later-dated versions, too. */
export interface Run {
  runDate: string;
  includeLater: boolean;
}

export interface Change {
  name: string;
  version: number;
}

type Progress = Pick<Schema<"PropagationDetail">, "run" | "state">;

/** Returns the query of a propagation; with a run, it has the preview of that. Asked again while it goes on. */
export function propagationQuery({ name, version }: Change, run: Run | null) {
  return queryOptions({
    queryKey: ["read_propagation", name, version, run],
    queryFn: ({ signal }) => {
      const query = run === null ? {} : { run_date: run.runDate, include_later: run.includeLater };
      const path = { name, version };
      return body(client.GET("/v1/profile-classes/{name}/propagations/{version}", { params: { path, query }, signal }));
    },
    refetchInterval: ({ state: { data } }) => (data !== undefined && isMoving(data, run) ? LIVE_MS : false),
  });
}

function isMoving({ state, preview }: Schema<"PropagationDetail">, run: Run | null): boolean {
  if (run !== null) return preview?.complete === false;
  return state === "running" || state === "failed";
}

/** Returns the query of what a run would make of each profile. */
export function expectedQuery({ name, version }: Change, { runDate, includeLater }: Run) {
  return infiniteQueryOptions({
    queryKey: ["read_preview", name, version, runDate, includeLater],
    queryFn: ({ signal, pageParam }) => {
      const query = { run_date: runDate, include_later: includeLater, limit: PAGE, cursor: pageParam };
      const path = { name, version };
      return body(
        client.GET("/v1/profile-classes/{name}/propagations/{version}/preview", { params: { path, query }, signal }),
      );
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

/** Returns the query of what a run has made of each profile; while it goes on, that becomes more. */
export function reportQuery({ name, version }: Change, { run, state }: Progress, outcome: Outcome | "") {
  return infiniteQueryOptions({
    queryKey: ["read_report", name, version, run, state, outcome],
    refetchInterval: state === "finished" ? false : REPORT_MS,
    queryFn: async ({ signal, pageParam }) => {
      const query = { ...(outcome !== "" && { outcome }), limit: PAGE, cursor: pageParam };
      const path = { name, version };
      const page = await body(
        client.GET("/v1/profile-classes/{name}/propagations/{version}/report", { params: { path, query }, signal }),
      );
      return page as Schema<"Page_Reported_">;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}
