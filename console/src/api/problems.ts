/** What can go wrong with a request, as errors that pages can tell apart. */

import type { ProblemDocument } from "./types.ts";

/** The server was not reached, so nothing is known about what became of the request. */
export class NetworkError extends Error {
  override name = "NetworkError";
}

/** The server answered with a problem document. */
export class ProblemError extends Error {
  override name = "ProblemError";
  readonly problem: ProblemDocument;
  readonly retryAfterSeconds: number;

  constructor(problem: ProblemDocument, retryAfterSeconds = 1) {
    super(problem.detail);
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Returns the messages about one field: `responses.1`, `fields.city`. */
  of(field: string): string[] {
    return this.problem.errors.filter((error) => error.field === field).map((error) => error.message);
  }
}

/** Returns the problem, if that is what the error is; with a `kind`, only one of that kind, such as `stale-version`. */
export function problemOf(error: unknown, kind?: string): ProblemError | null {
  if (!(error instanceof ProblemError)) return null;
  return kind === undefined || error.problem.type === `/problems/${kind}` ? error : null;
}

/** Returns the error for an answer that is not a success, whether or not it is a problem document. */
export function problemFrom(response: Response, body: unknown): ProblemError {
  const problem = isProblem(body) ? body : withoutDocument(response);
  return new ProblemError(problem, Number(response.headers.get("Retry-After")) || 1);
}

function isProblem(body: unknown): body is ProblemDocument {
  return typeof body === "object" && body !== null && "type" in body && "detail" in body;
}

/** Stands in where something between the browser and the API has answered. */
function withoutDocument(response: Response): ProblemDocument {
  return {
    type: response.status >= 500 ? "/problems/unavailable" : "/problems/malformed",
    title: response.statusText,
    status: response.status,
    detail: `The server answered with status ${response.status}.`,
    errors: [],
    correlation_id: response.headers.get("Dossier-Correlation-Id") ?? "",
  };
}
