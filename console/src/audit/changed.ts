/** Changed values in words. */

import type { Schema } from "../api/types.ts";
import { labelOf } from "../terms/options.ts";
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

const OF_TERMS = /^(options|amounts|attributes)\./;

/** Returns what a changed value is called: `fields.city` as City, `options.collector` as Collector, `merged_into` as Merged into. */
export function labelOfChange(path: string, labels: ReadonlyMap<string, string>): string {
  if (OF_TERMS.test(path)) return labelOf(path);
  const [kind = "", name = "", ...rest] = path.split(".");
  const label = labels.get(kind === "fields" ? `field:${name}` : kind === "responses" ? `category:${name}` : name);
  if (label !== undefined && rest.length === 0) return label;
  const words = [...(KEYED.has(kind) ? [] : [kind]), name, ...rest].join(" ").replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Kinds of paths that are names of their own without their first part. */
const KEYED = new Set(["fields", "controls", "mappings"]);

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
