/** Values of a profile that are to be changed, as they stand in a form, and the request that they make. */

import type { Schema } from "../api/types.ts";
import { type AmountName, OPTIONS, type OptionName } from "./options.ts";

/** A value that is to be changed; what is not named stays. */
export interface Row {
  /** `options.collector`, or `amounts.credit_limit`, which has a currency besides. */
  readonly name: string;
  readonly currency: string;
  readonly text: string;
  readonly isNotSet: boolean;
  /** What interest is: a fixed amount or a rate, never both (rule 2.4). */
  readonly unit: "amount" | "rate";
}

const USUAL_CURRENCY = "USD";

/** Returns the row of a value that is about to be given; an amount begins with the first of the currencies that it has no row for. */
export function rowOf(name: string, rows: readonly Row[] = [], currencies: readonly string[] = []): Row {
  const used = rows.filter((row) => row.name === name).map((row) => row.currency);
  const free = [...currencies, USUAL_CURRENCY].find((currency) => !used.includes(currency));
  return { name, currency: name.startsWith("amounts.") ? (free ?? "") : "", text: "", isNotSet: false, unit: "rate" };
}

/** Returns the path under which the API names the value of a row. */
export function pathOfRow({ name, currency }: Row): string {
  const [kind = "", key = ""] = name.split(".");
  return kind === "options" ? name : `amounts.${currency.toUpperCase()}.${key}`;
}

/** Returns whether the rows give everything that they need, and nothing twice. */
export function areFilled(rows: readonly Row[]): boolean {
  return rows.every(isFilled) && new Set(rows.map(pathOfRow)).size === rows.length;
}

function isFilled(row: Row): boolean {
  const hasPlace = row.name.startsWith("options.") || /^[A-Za-z]{3}$/.test(row.currency);
  return hasPlace && (row.isNotSet || row.text.trim() !== "");
}

/** Returns the options that the rows give; null where there are none. */
export function optionsOf(rows: readonly Row[]): Schema<"OptionsGiven"> | null {
  const options = rows
    .filter(({ name }) => name.startsWith("options."))
    .map((row) => [row.name.slice("options.".length), row.isNotSet ? null : optionValue(row)]);
  return options.length === 0 ? null : Object.fromEntries(options);
}

function optionValue({ name, text }: Row): string | boolean | number {
  const { kind } = OPTIONS[name.slice("options.".length) as OptionName];
  if (kind === "flag") return text === "yes";
  return kind === "days" ? Number(text) : text.trim();
}

/** Returns the amounts that the rows give, by currency; null where there are none. */
export function amountsOf(rows: readonly Row[]): Record<string, Schema<"AmountsGiven">> | null {
  const amounts: Record<string, Schema<"AmountsGiven">> = {};
  for (const row of rows.filter(({ name }) => name.startsWith("amounts."))) {
    const name = row.name.slice("amounts.".length) as AmountName;
    const value = name === "interest" ? { [row.unit]: row.text.trim() } : row.text.trim();
    const currency = row.currency.toUpperCase();
    amounts[currency] = { ...amounts[currency], [name]: row.isNotSet ? null : value };
  }
  return Object.keys(amounts).length === 0 ? null : amounts;
}
