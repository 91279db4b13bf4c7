/** Texts of the customer pages. Those in curly quotes are the texts of the domain rules. */

import { dayText } from "../time/words.ts";

export const texts = {
  customers: "Customers",
  findBy: "Find by",
  find: "Find",
  byName: "Name",
  byNumber: "Customer number",
  byAlternate: "Alternate number",
  byResponse: "Response",
  chooseResponse: "Choose…",
  found: "Customers found",
  nothingFound: "No customer was found. Look for another name or number.",
  name: "Name",
  number: "Number",
  primary: "Primary",
  formerNumbers: "Former and further numbers",
  // “No data to display” (rule 1.14)
  noData: "No data to display",
  accounts: "Accounts",
  account: "Account",
  start: "Start",
  noAccounts: "This customer has no account.",
  deliveries: "Deliveries",
  noDeliveries: "No change of this customer's profile was recorded.",
  what: "What",
  attribute: "Attribute",
  value: "Value",
  status: "Status",
  attempts: "Attempts",
  when: "When",
  hidden: "••••",
  // {Customer Profile} is the head of the widget (section 4 C)
  widget: "Customer Profile",
  sortBy: "Sort By",
  details: "Where it comes from",
  noValue: "–",
} as const;

export const drawerTexts = {
  // “More Options” and “Profile” (rule 1.11)
  moreOptions: "More Options",
  profile: "Profile",
  notAvailable: "No category has responses.",
  whyOpen: "Why it opened",
  whyNotOpen: "Why it did not open",
  holds: "holds",
  fails: "does not hold",
  required: "(required)",
  blank: "(none)",
  choose: "Choose…",
  defaulted: "Default, stored with OK",
  dates: "Dates",
  from: "From",
  fromHint: "Left out: today",
  to: "To",
  toHint: "Left out: open",
  // “OK” and “Cancel” (rules 1.8, 1.9)
  ok: "OK",
  cancel: "Cancel",
  yours: "yours",
  chooseOne: "Somebody else answered meanwhile. Choose one of the two, then OK.",
  chooseFirst: "Choose one of the two answers at each category that was answered meanwhile.",
  stillWaiting: "still waiting",
  mayNot: "Your role reads profiles and does not change them.",
} as const;

/** Says why the drawer opened by itself. */
export function opened(categories: readonly string[]): string {
  return `Opened because ${categories.join(", ")} ${categories.length === 1 ? "needs" : "need"} an answer.`;
}

export const widgetTexts = {
  // “Edit”, “Save” and “Cancel” (rules 3.4, 3.6)
  edit: "Edit",
  save: "Save",
  cancel: "Cancel",
  onCall: "On call",
  wrapUp: "Wrap-up",
  noCall: "No call",
  show: "Show",
  recorded: "This is recorded.",
  copyTyped: "Copy what I typed",
  yours: "yours",
  empty: "(empty)",
  chooseFirst: "Choose one of the two values at each field that was changed meanwhile.",
  nothingChanged: "Nothing was changed.",
} as const;

/** Says how many fields have another value than before. */
export function fieldsChanged(count: number): string {
  return count === 1 ? "1 field changed" : `${count} fields changed`;
}

/** Says who changed a field meanwhile (rule 3.7). */
export function changedMeanwhile(label: string, by: string, at: string): string {
  return `${label} was changed by ${by} at ${at}`;
}

/** Says since when an answer is stored. */
export function storedSince(days: string): string {
  return `Stored, ${days}`;
}

/** Names the other answer of a conflict: `30–39, by Ada at 10:42`. */
export function theirs(answer: string, by: string | undefined, at: string | undefined): string {
  return by === undefined || at === undefined ? answer : `${answer}, by ${by} at ${at}`;
}

export const STATUS = { waiting: "waiting", sent: "sent", not_sent: "not sent", dead: "dead" } as const;

export const SOURCE: Readonly<Record<string, string>> = {
  edit: "edited",
  upload: "from a file",
  merge: "from a merged customer",
};

/** Says of a former number since which day it is out of date (rule 1.14). */
export function outOfDate(since: string): string {
  return `Out of date since ${dayText(since)}.`;
}

/** Says where a customer's number leads. */
export function merged(from: string, into: string): string {
  return `Customer ${from} was merged into ${into}.`;
}
