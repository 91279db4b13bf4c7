/** What a definition is made of, as a form shows it. */

export type Value = string | number | boolean | readonly string[];
export type Values = Readonly<Record<string, Value>>;

/** One member of a definition, by the name that the API gives it. */
export interface Member {
  name: string;
  label: string;
  kind: "text" | "number" | "flag" | "choice" | "lines";
  hint?: string;
  choices?: readonly (readonly [string, string])[];
  /** It can be given once, and never changed. */
  isFixed?: boolean;
}

/** Returns the members that differ. */
export function changes(before: Values, now: Values): Values {
  return Object.fromEntries(Object.entries(now).filter(([name, value]) => !isSame(before[name], value)));
}

export function isSame(one: Value | undefined, other: Value | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Returns a value in words. */
export function words(value: unknown): string {
  if (value === true) return "yes";
  if (value === false) return "no";
  if (value === null || value === undefined || value === "") return "(none)";
  if (Array.isArray(value)) return value.length === 0 ? "(none)" : value.map(words).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Returns the items in another order: the one at an index changes places with its neighbour. */
export function moved<Item>(items: readonly Item[], index: number, by: -1 | 1): Item[] {
  const order = [...items];
  const [item] = order.splice(index, 1);
  if (item !== undefined) order.splice(index + by, 0, item);
  return order;
}
