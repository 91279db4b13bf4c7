/** A change of a profile as it stands in the form, and the request that it makes. */

import type { Schema } from "../api/types.ts";
import { type AmountName, OPTIONS, type OptionName } from "./options.ts";

export type Act = "assign" | "update" | "end";

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

/** Returns the path under which the API names the value of a row. */
export function pathOfRow({ name, currency }: Row): string {
  const [kind = "", key = ""] = name.split(".");
  return kind === "options" ? name : `amounts.${currency.toUpperCase()}.${key}`;
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
  const rows = draft.rows.filter(isFilled);
  if (rows.length === 0 || rows.length < draft.rows.length) return null;
  return { act: "update", body: { options: optionsOf(rows), amounts: amountsOf(rows), ...when } };
}

function isFilled(row: Row): boolean {
  const hasPlace = row.name.startsWith("options.") || /^[A-Za-z]{3}$/.test(row.currency);
  return hasPlace && (row.isNotSet || row.text.trim() !== "");
}

function optionsOf(rows: readonly Row[]): Schema<"OptionsGiven"> | null {
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

function amountsOf(rows: readonly Row[]): Record<string, Schema<"AmountsGiven">> | null {
  const amounts: Record<string, Schema<"AmountsGiven">> = {};
  for (const row of rows.filter(({ name }) => name.startsWith("amounts."))) {
    const name = row.name.slice("amounts.".length) as AmountName;
    const value = name === "interest" ? { [row.unit]: row.text.trim() } : row.text.trim();
    const currency = row.currency.toUpperCase();
    amounts[currency] = { ...amounts[currency], [name]: row.isNotSet ? null : value };
  }
  return Object.keys(amounts).length === 0 ? null : amounts;
}
