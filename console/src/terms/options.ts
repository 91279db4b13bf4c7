/** The options and amounts of a profile in the order of a form, with their groups and labels (rules 2.3, 2.4). */

import type { Schema } from "../api/types.ts";

export type OptionName = keyof Schema<"OptionsGiven">;
export type AmountName = keyof Schema<"AmountsGiven">;
export type Kind = "text" | "flag" | "days" | "percent" | "day" | readonly string[];

export interface Option {
  readonly label: string;
  readonly kind: Kind;
}

type Group = Partial<Record<OptionName, Option>>;

const text = (label: string): Option => ({ label, kind: "text" });
const flag = (label: string): Option => ({ label, kind: "flag" });
const days = (label: string): Option => ({ label, kind: "days" });
const percent = (label: string): Option => ({ label, kind: "percent" });
const choice = (label: string, ...kind: string[]): Option => ({ label, kind });

const credit = {
  collector: text("Collector"),
  credit_analyst: text("Credit analyst"),
  credit_check: flag("Credit check"),
  credit_hold: flag("Credit hold"),
  credit_rating: text("Credit rating"),
  credit_classification: text("Credit classification"),
  risk_code: text("Risk code"),
  review_cycle: text("Review cycle"),
  tolerance_percent: percent("Tolerance %"),
  percent_collectable: percent("Percent collectable"),
} satisfies Group;

const terms = {
  payment_terms: text("Payment terms"),
  override_terms: flag("Override terms"),
  allow_discount: flag("Allow discount"),
  discount_grace_days: days("Discount grace days"),
  payment_grace_days: days("Payment grace days"),
} satisfies Group;

const statements = {
  send_statements: flag("Send statements"),
  send_credit_balance: flag("Send credit balance"),
  statement_cycle: text("Statement cycle"),
  send_dunning_letters: flag("Send dunning letters"),
  dunning_letter_set: text("Dunning letter set"),
} satisfies Group;

const billing = {
  balance_forward_billing: flag("Balance-forward billing"),
  bill_level: choice("Bill level", "account", "site"),
  bill_type: choice("Bill type", "summary", "detail"),
} satisfies Group;

const receipts = {
  match_receipts_by: text("Match receipts by"),
  autocash_rule_set: text("AutoCash rule set"),
  automatch_rule_set: text("AutoMatch rule set"),
  clearing_days: days("Clearing days"),
  include_disputed_items: flag("Include disputed items"),
} satisfies Group;

const invoicing = { grouping_rule: text("Grouping rule"), tax_printing: text("Tax printing") } satisfies Group;

const lateCharges = {
  late_charges: flag("Late charges"),
  late_charge_calculation: choice("Calculate late charges on", "overdue_invoices", "late_payments", "both"),
  interest_calculation: choice("Interest calculation", "simple", "compound"),
  interest_period_days: days("Interest period days"),
  interest_days: days("Interest days"),
  charge_on_finance_charges: flag("Charge on finance charges"),
  include_disputed_in_late_charges: flag("Include disputed in late charges"),
  hold_start_date: { label: "Hold start date", kind: "day" },
  late_charge_type: choice("Late charge type", "adjustment", "debit_memo", "interest_invoice"),
  late_charge_term: text("Late charge term"),
} satisfies Group;

/** Every option; the type check fails where the API has others. */
export const OPTIONS: Record<OptionName, Option> = {
  ...credit,
  ...terms,
  ...statements,
  ...billing,
  ...receipts,
  ...invoicing,
  ...lateCharges,
};

export const GROUPS: readonly (readonly [string, readonly OptionName[]])[] = [
  ["Credit", namesOf(credit)],
  ["Terms", namesOf(terms)],
  ["Statements and dunning", namesOf(statements)],
  ["Balance-forward billing", namesOf(billing)],
  ["Receipts", namesOf(receipts)],
  ["Invoicing", namesOf(invoicing)],
  ["Late charges", namesOf(lateCharges)],
];

export const AMOUNTS: Record<AmountName, string> = {
  credit_limit: "Credit limit",
  order_credit_limit: "Order credit limit",
  minimum_receipt: "Minimum receipt",
  minimum_statement: "Minimum statement",
  minimum_dunning: "Minimum dunning",
  minimum_dunning_invoice: "Minimum dunning invoice",
  interest: "Interest",
  maximum_charge_per_invoice: "Maximum charge per invoice",
  minimum_customer_balance: "Minimum customer balance",
  minimum_invoice_balance: "Minimum invoice balance",
};

export const AMOUNT_NAMES = Object.keys(AMOUNTS) as AmountName[];

function namesOf(group: Group): OptionName[] {
  return Object.keys(group) as OptionName[];
}

/** Returns what a form calls the value at a path: `options.collector`, `amounts.USD.credit_limit`, `attributes.key`. */
export function labelOf(path: string): string {
  const [kind, first = "", second = ""] = path.split(".");
  if (kind === "options") return OPTIONS[first as OptionName]?.label ?? first;
  if (kind === "amounts") return `${AMOUNTS[second as AmountName] ?? second} (${first})`;
  return first;
}

export type Value = Schema<"Explained">["value"];

/** Returns a value as a reader writes it: `yes`, `1.5 %`. */
export function valueText(value: Value): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "object") return value.rate === undefined ? (value.amount ?? "") : `${value.rate} %`;
  return String(value);
}

/** Returns all values of an answer by their paths, in the order of a form. */
export function valuesOf(resolution: Schema<"Resolution">): Map<string, Schema<"Explained">> {
  const { options, amounts, attributes } = resolution;
  const values = new Map<string, Schema<"Explained">>();
  for (const [, names] of GROUPS) {
    for (const name of names) {
      const explained = options[name];
      if (explained !== undefined) values.set(`options.${name}`, explained);
    }
  }
  for (const [currency, row] of Object.entries(amounts)) {
    for (const [name, explained] of Object.entries(row)) values.set(`amounts.${currency}.${name}`, explained);
  }
  for (const [key, explained] of Object.entries(attributes)) values.set(`attributes.${key}`, explained);
  return values;
}

/** Options, amounts and attributes as a class or the company has them. */
export interface Terms {
  readonly options: Readonly<Record<string, Value>>;
  readonly amounts: Readonly<Record<string, Readonly<Record<string, Value>>>>;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Returns all values by their paths: `options.collector`, `amounts.USD.credit_limit`, `attributes.region`. */
export function termsByPath({ options, amounts, attributes }: Terms): Map<string, Value> {
  return new Map<string, Value>([
    ...Object.entries(options).map(([name, value]) => [`options.${name}`, value] as const),
    ...Object.entries(amounts).flatMap(([currency, row]) =>
      Object.entries(row).map(([name, value]) => [`amounts.${currency}.${name}`, value] as const),
    ),
    ...Object.entries(attributes).map(([name, value]) => [`attributes.${name}`, value] as const),
  ]);
}
