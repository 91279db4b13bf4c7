/** What is typed in the widget, and what of it is saved. */

import type { FieldConflict, Schema } from "../api/types.ts";

export type Widget = Schema<"Widget">;
export type WidgetField = Schema<"WidgetField">;

/** What was typed in each open row, by field key. */
export type Edits = Readonly<Record<string, string>>;

/** A field that somebody else changed meanwhile (rule 3.7), and which of the two values was chosen. */
export interface Undecided extends FieldConflict {
  picked: "theirs" | "yours" | null;
}

export type Undecideds = Readonly<Record<string, Undecided>>;

/** Returns all fields of the widget, the optional ones last. */
export function fieldsOf(widget: Widget): WidgetField[] {
  return [...widget.business.fields, ...(widget.optional?.fields ?? [])];
}

/** Returns the name that first and last name make; null where one of them has no value, or is not to be seen. */
export function namedByFields(widget: Widget): string | null {
  const [first, last] = ["first_name", "last_name"].map((key) => fieldsOf(widget).find((field) => field.key === key));
  const isWhole = [first, last].every((field) => field?.value && !field.masked);
  return isWhole ? `${first?.value} ${last?.value}` : null;
}

/** Returns the text that a row starts with when it is opened. A masked value is not known here, so nothing of it is shown. */
export function startOf(field: WidgetField): string {
  return field.masked ? "" : (field.value ?? "");
}

/**
 * Returns the values to save: what differs from what the row started with; an empty text takes the value away. `isDated`: they are for other
 * days, which may have other values, so that every open row counts whose value is known here.
 */
export function changed(fields: readonly WidgetField[], edits: Edits, isDated = false): Record<string, string | null> {
  const entries = fields.flatMap((field): [string, string | null][] => {
    const typed = edits[field.key];
    const isLeft = typed === startOf(field) && (field.masked || !isDated);
    return typed === undefined || isLeft ? [] : [[field.key, typed === "" ? null : typed]];
  });
  return Object.fromEntries(entries);
}

/** Returns the edits without a row. */
export function without(edits: Edits, key: string): Edits {
  const { [key]: _, ...others } = edits;
  return others;
}

/** Returns the conflicts of a refused save by field key, none of them decided. */
export function undecided(conflicts: readonly FieldConflict[]): Undecideds {
  return Object.fromEntries(conflicts.map((conflict) => [conflict.field, { ...conflict, picked: null }]));
}

/** Returns the edits without those that gave way to the value of somebody else. */
export function afterDecisions(edits: Edits, conflicts: Undecideds): Edits {
  return Object.fromEntries(Object.entries(edits).filter(([key]) => conflicts[key]?.picked !== "theirs"));
}
