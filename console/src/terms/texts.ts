/** Texts of forms that change options and amounts. */

export const texts = {
  addValue: "Add a value to change",
  addNew: "Add a value",
  currency: "Currency",
  notSet: "Not set",
  remove: "Remove",
  yes: "yes",
  no: "no",
  unit: "Interest is",
  fixed: "a fixed amount",
  rate: "a rate in percent",
  amounts: "Amounts",
  amount: "Amount",
  choose: "Choose…",
  attributes: "Attributes",
  notSetOptions: "not set",
  notSetValue: "not set",
  changed: "changed",
} as const;

export function wasText(before: string): string {
  return `was ${before}`;
}

/** Returns what a value is before it is changed. */
export function nowText(value: string): string {
  return `Now: ${value}`;
}
