/** The client of the API. One middleware adds the headers that every request of the console carries, and watches the line to the server. */

import createClient, { type Middleware } from "openapi-fetch";
import { forgetPosition, notePosition, position } from "./position.ts";
import { NetworkError, type ProblemError, problemFrom } from "./problems.ts";
import { HEADERS } from "./rights.ts";
import type { paths } from "./schema.d.ts";
import { downSince, sessionOver } from "./signals.ts";

let handedOver: string | null = null;

/** Gives every request this token: where the pages are embedded, browsers keep no cookie for them. */
export function authorize(token: string): void {
  handedOver = token;
}

/** Returns the token that was handed over, or null where the session is in a cookie. */
export function bearer(): string | null {
  return handedOver;
}

const UNAUTHORIZED = 401;
const BAD_GATEWAYS = [502, 504];

const conventions: Middleware = {
  onRequest({ request, schemaPath }) {
    const known = HEADERS[`${request.method} ${schemaPath}`] ?? [];
    const seen = position();
    request.headers.set("Dossier-Console", "1");
    if (handedOver !== null) request.headers.set("Authorization", `Bearer ${handedOver}`);
    if (known.includes("Dossier-Source")) request.headers.set("Dossier-Source", "ui");
    if (known.includes("Dossier-Position") && seen !== null) request.headers.set("Dossier-Position", String(seen));
    return request;
  },
  onResponse({ request, response }) {
    noteAnswer(response, request.method);
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    downSince.set(downSince.get() ?? Date.now());
    return new NetworkError("The server cannot be reached.");
  },
};

/** Notes what an answer tells besides its body: the server is reached, whether the session is over, and the position of a write. */
export function noteAnswer(response: Response, method: string): void {
  downSince.set(BAD_GATEWAYS.includes(response.status) ? (downSince.get() ?? Date.now()) : null);
  if (response.status === UNAUTHORIZED) sessionOver.set(true);
  const reached = Number(response.headers.get("Dossier-Position"));
  if (method !== "GET" && reached > 0) notePosition(reached);
}

export const client = createClient<paths>();
client.use(conventions);

interface Result<Body> {
  data?: Body;
  error?: unknown;
  response: Response;
}

/**
 * Returns the JSON of a successful answer, not the file that the document has besides for some. Throws `ProblemError` for any other answer,
 * and `NetworkError` where there was none.
 */
export async function body<Body>(request: Promise<Result<Body>>): Promise<Exclude<Body, string>> {
  const { data, error, response } = await request;
  if (response.ok && data !== undefined) return data as Exclude<Body, string>;
  throw withPositionChecked(problemFrom(response, error));
}

function withPositionChecked(error: ProblemError): ProblemError {
  if (error.of("Dossier-Position").length > 0) forgetPosition();
  return error;
}

/** Asks the server whether it is there, notes the answer for everybody, and returns it. */
export async function isReached(): Promise<boolean> {
  const answer = await fetch("/health/live").catch(() => null);
  const reached = answer?.ok === true;
  downSince.set(reached ? null : (downSince.get() ?? Date.now()));
  return reached;
}
