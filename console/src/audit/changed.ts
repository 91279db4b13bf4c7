/** Changed values in words. */

import type { Schema } from "../api/types.ts";
import { texts } from "./texts.ts";

export type Change = Schema<"ValueChange">;
export type Value = Change["before"];

/** Returns a value in words. */
export function valueText(value: Value | undefined): string {
  if (value === null || value === undefined) return texts.nothing;
  if (typeof value === "boolean") return value ? texts.yes : texts.no;
  if (Array.isArray(value)) return value.length === 0 ? texts.nothing : value.join(", ");
  if (typeof value === "object") {
    if (typeof value.rate === "string") return `${value.rate} %`;
    return typeof value.amount === "string" ? value.amount : JSON.stringify(value);
  }
  return String(value);
}

/** Returns whether a change is on other days than its event, so that its days must be told. */
export function hasOwnDays(change: Change, event: Schema<"HistoryEntry">): boolean {
  if (change.effective_from == null) return false;
  return change.effective_from !== event.effective_from || change.effective_to !== event.effective_to;
}

/** Returns a kind of event in words: `customer: field edited`. */
export function topicText(topic: string): string {
  const [kind = "", what = ""] = topic.split(".", 2);
  return `${kind.replaceAll("_", " ")}: ${what.replaceAll("_", " ")}`;
}
