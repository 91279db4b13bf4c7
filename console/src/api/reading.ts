/** How reads are asked, kept and repeated. */

import { QueryClient, queryOptions } from "@tanstack/react-query";
import type { Point } from "../time/point.ts";
import { NetworkError, type ProblemError, problemOf } from "./problems.ts";

/** What is looked at and edited is read anew when that is asked for, not under the reader's hands. */
export const STAYS = { refetchOnWindowFocus: false };

const FRESH_MS = 5_000;
const BEHIND_RETRIES = 3;

/** Returns the options of a read at a point. What is read at two given clocks never changes (rule 0.3), so it is kept for ever. */
export function read<Body>(
  operation: string,
  parameters: readonly unknown[],
  point: Point,
  ask: (signal: AbortSignal) => Promise<Body>,
) {
  const fixed = point.validAt !== null && point.knownAt !== null;
  return queryOptions({
    queryKey: [operation, ...parameters, point.validAt, point.knownAt],
    queryFn: ({ signal }) => ask(signal),
    staleTime: fixed ? Number.POSITIVE_INFINITY : FRESH_MS,
  });
}

/** Returns the client of all reads, with the rules of repeating: an answer that is not up to date yet three times, a fault once. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { staleTime: FRESH_MS, retry: worthRepeating, retryDelay, networkMode: "always" },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}

function worthRepeating(failures: number, error: Error): boolean {
  const problem = problemOf(error);
  if (problem === null) return error instanceof NetworkError && failures < 1;
  if (problemOf(error, "behind")) return failures < BEHIND_RETRIES;
  return failures < 1 && (problem.problem.status >= 500 || ofPosition(problem));
}

/** A position that the server does not have is forgotten with the refusal, so that the next attempt goes without it. */
function ofPosition(error: ProblemError): boolean {
  return error.of("Dossier-Position").length > 0;
}

function retryDelay(_failures: number, error: Error): number {
  return (problemOf(error)?.retryAfterSeconds ?? 1) * 1_000;
}
