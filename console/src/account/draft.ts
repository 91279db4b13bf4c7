/** A change of a profile as it stands in the form, and the request that it makes. */

import type { Schema } from "../api/types.ts";
import { amountsOf, areFilled, optionsOf, type Row } from "../terms/rows.ts";

export type Act = "assign" | "update" | "end";

export interface Draft {
  readonly act: Act;
  readonly profileClass: string;
  readonly keepOverrides: boolean;
  readonly rows: readonly Row[];
  readonly from: string;
  readonly to: string;
  readonly keepLater: boolean;
  readonly reason: string;
}

export const EMPTY: Draft = {
  act: "assign",
  profileClass: "",
  keepOverrides: false,
  rows: [],
  from: "",
  to: "",
  keepLater: false,
  reason: "",
};

/** A request without its place: the body tells which of the writes it is for. */
export type Change =
  | { act: "assign"; body: Schema<"SiteAssignment"> }
  | { act: "update"; body: Schema<"ProfileChange"> }
  | { act: "end"; body: Schema<"ProfileEnd"> };

/** Returns a change with the digest of the impact that its preview has shown, which is kept with it. */
export function withImpact(change: Change, impact: string | null): Change {
  if (change.act === "assign") return { act: "assign", body: { ...change.body, impact } };
  if (change.act === "update") return { act: "update", body: { ...change.body, impact } };
  return { act: "end", body: { ...change.body, impact } };
}

/** Returns the change that a draft asks for; null while something is missing. */
export function changeOf(draft: Draft, isFirst: boolean): Change | null {
  const reason = draft.reason.trim() || null;
  const when = {
    effective_from: draft.from || null,
    effective_to: draft.to || null,
    keep_later: draft.keepLater,
    reason,
  };
  if (draft.act === "end") {
    return { act: "end", body: { effective_to: draft.to || null, keep_later: draft.keepLater, reason } };
  }
  if (draft.act === "assign") {
    if (draft.profileClass === "") return null;
    const chosen = { profile_class: draft.profileClass, keep_overrides: draft.keepOverrides, create: isFirst };
    return { act: "assign", body: { ...chosen, ...when } };
  }
  const { rows } = draft;
  if (rows.length === 0 || !areFilled(rows)) return null;
  return { act: "update", body: { options: optionsOf(rows), amounts: amountsOf(rows), ...when } };
}
