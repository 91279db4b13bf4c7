/** What a customer has at two points, side by side. */

import type { Schema } from "../api/types.ts";
import type { DrawerCategory } from "./drawer.ts";
import { fieldsOf, type WidgetField } from "./edits.ts";
import type { Snapshot } from "./queries.ts";

/** A value at a point, with what is shown of it there. */
export interface Held {
  readonly value: string;
  readonly category?: DrawerCategory;
  readonly field?: WidgetField;
}

export interface ComparedValue {
  /** `name`, `alternate_numbers.A1`, `responses.1`, `fields.city`. */
  readonly key: string;
  readonly label: string;
  readonly a: Held | null;
  readonly b: Held | null;
  readonly isDifferent: boolean;
}

interface Comparison {
  readonly diff: Pick<Schema<"Diff">, "differences">;
  readonly a: Snapshot | null;
  readonly b: Snapshot | null;
}

type Labelled = Held & { readonly label: string };

/** Returns every value of either point. Which of them differ, the API says: it compares what may not be shown, too (rule 5.2). */
export function compared({ diff, a, b }: Comparison): ComparedValue[] {
  const [before, after] = [valuesOf(a), valuesOf(b)];
  const different = diff.differences.map((each) => ({
    key: each.field,
    label: labelOf(each.field, each.label),
    a: held(each.before_description ?? each.before, before.get(each.field)),
    b: held(each.after_description ?? each.after, after.get(each.field)),
    isDifferent: true,
  }));
  const named = new Set(different.map(({ key }) => key));
  const alike = [...after].filter(([key]) => !named.has(key) && before.has(key));
  return [
    ...different,
    ...alike.map(([key, value]) => ({
      key,
      label: value.label,
      a: before.get(key) ?? null,
      b: value,
      isDifferent: false,
    })),
  ];
}

function held(value: string | null | undefined, shown: Held | undefined): Held | null {
  return value === null || value === undefined ? null : { ...shown, value };
}

/** Numbers are told apart by themselves: all of them have the same label. */
function labelOf(key: string, label: string): string {
  const [family, number] = key.split(".");
  return family === "alternate_numbers" ? `${label} ${number}` : label;
}

/** Returns what is shown of a customer, by keys as the API names them in differences. */
export function valuesOf(snapshot: Snapshot | null): Map<string, Labelled> {
  if (snapshot === null) return new Map();
  const { customer, drawer, widget } = snapshot;
  const numbers = customer.alternate_numbers.filter(({ current }) => current);
  const stored = drawer.categories.filter(({ shown }) => shown === "stored");
  return new Map<string, Labelled>([
    ["name", { label: "Name", value: customer.name }],
    ...numbers.map(({ number, primary }): [string, Labelled] => {
      const key = `alternate_numbers.${number}`;
      return [key, { label: labelOf(key, "Alternate number"), value: primary ? "primary" : "further" }];
    }),
    ...stored.map((category): [string, Labelled] => [
      `responses.${category.code}`,
      { label: category.description, value: category.value_description ?? "", category },
    ]),
    ...fieldsOf(widget).flatMap((field): [string, Labelled][] =>
      field.value === null ? [] : [[`fields.${field.key}`, { label: field.label, value: field.value, field }]],
    ),
  ]);
}
