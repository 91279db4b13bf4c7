/** The writes of a profile, and their previews: the same request to another path. */

import { body, client } from "../api/client.ts";
import type { Schema } from "../api/types.ts";
import type { Change } from "./draft.ts";
import type { Place } from "./place.ts";

const IMPACT = { impact: true };

interface Headers {
  "If-Match": string;
  "Idempotency-Key": string;
}

/** Returns what a change would do, and which answers it would make others; nothing of it is recorded. */
export function previewOf(
  { account, site }: Place,
  change: Change,
  signal: AbortSignal,
): Promise<Schema<"ProfilePreviewRead">> {
  if (site === undefined) {
    const params = { path: { account }, query: IMPACT };
    if (change.act === "update") {
      return body(client.PATCH("/v1/accounts/{account}/profile/preview", { params, body: change.body, signal }));
    }
    const assignment = ofAccount(change);
    return body(client.POST("/v1/accounts/{account}/profile/preview", { params, body: assignment, signal }));
  }
  const options = { params: { path: { account, site }, query: IMPACT }, signal };
  if (change.act === "update") {
    const path = "/v1/accounts/{account}/sites/{site}/profile/preview";
    return body(client.PATCH(path, { ...options, body: change.body }));
  }
  if (change.act === "end") {
    const path = "/v1/accounts/{account}/sites/{site}/profile/end/preview";
    return body(client.POST(path, { ...options, body: change.body }));
  }
  const path = "/v1/accounts/{account}/sites/{site}/profile/preview";
  return body(client.POST(path, { ...options, body: change.body }));
}

/** Records a change. */
export function record({ account, site }: Place, change: Change, header: Headers): Promise<Schema<"WriteAnswer">> {
  if (site === undefined) {
    const params = { path: { account }, header };
    if (change.act === "update") {
      return body(client.PATCH("/v1/accounts/{account}/profile", { params, body: change.body }));
    }
    return body(client.POST("/v1/accounts/{account}/profile", { params, body: ofAccount(change) }));
  }
  const params = { path: { account, site }, header };
  if (change.act === "update") {
    return body(client.PATCH("/v1/accounts/{account}/sites/{site}/profile", { params, body: change.body }));
  }
  if (change.act === "end") {
    return body(client.POST("/v1/accounts/{account}/sites/{site}/profile/end", { params, body: change.body }));
  }
  return body(client.POST("/v1/accounts/{account}/sites/{site}/profile", { params, body: change.body }));
}

/** An account has its first profile from its opening on, so that none is ever created or ended (rules 2.5, 2.12). */
function ofAccount(change: Change): Schema<"Assignment"> {
  if (change.act !== "assign") throw new Error("An account's profile is never ended.");
  const { create: _, ...assignment } = change.body;
  return assignment;
}
