/** What the events of a customer changed, in the words of a person (rules 1.15, 3.11, 6.1). */

import type { Schema } from "../api/types.ts";
import type { ChangedValue } from "../history/Recorded.tsx";

export type Entry = Schema<"HistoryEntry">;
type ValueChange = Schema<"ValueChange">;

/** The words for what events name by codes and keys. */
export interface Names {
  /** The label of a path, such as `responses.1` or `fields.city`. */
  readonly label: (path: string) => string;
  /** A value as it is shown under that label. */
  readonly value: (path: string, value: string) => string;
}

/** Paths of which the words of an event tell already. */
const TOLD = /^(alternate_numbers\.|merged_into$|erased$)/;

/** Returns what an event changed. */
export function changesOf(entry: Entry, names: Names): ChangedValue[] {
  const changes = entry.changes.filter(({ field }) => !TOLD.test(field));
  return changes.map((change) => ({
    key: `${change.field} ${change.effective_from}`,
    label: names.label(change.field),
    before: valueText(change.field, change.before, names),
    // What a response was called when it was chosen, the event knows (rule 1.13).
    after: textOf(entry.data.response_description) ?? valueText(change.field, change.after, names),
    days: changes.filter(({ field }) => field === change.field).length > 1 ? daysOf(change) : null,
  }));
}

/** What one person recorded at one time. */
export interface Act {
  readonly actor: string;
  readonly at: string;
  readonly entries: Entry[];
}

/** Returns events as what each person recorded at a time, in their order: one commit may have several events. */
export function actsOf(entries: readonly Entry[]): Act[] {
  const acts: Act[] = [];
  for (const entry of entries) {
    const { actor, recorded_at: at } = entry;
    const last = acts.at(-1);
    if (last?.actor === actor && last.at === at) last.entries.push(entry);
    else acts.push({ actor, at, entries: [entry] });
  }
  return acts;
}

function daysOf({ effective_from, effective_to }: ValueChange): ChangedValue["days"] {
  return effective_from === null ? null : { from: effective_from, to: effective_to };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function valueText(path: string, value: ValueChange["before"], names: Names): string | null {
  if (value === null) return null;
  return typeof value === "string" ? names.value(path, value) : JSON.stringify(value);
}
