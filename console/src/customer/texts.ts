/** Texts of the customer pages. Those in curly quotes are the texts of the domain rules. */

import { dayText } from "../time/words.ts";
import type { Entry } from "./events.ts";

export const texts = {
  customers: "Customers",
  myCall: "My call",
  findBy: "Find by",
  find: "Find",
  byName: "Name",
  byNumber: "Customer number",
  byAlternate: "Alternate number",
  byResponse: "Response",
  byField: "Business field",
  byFieldHint: "The whole value, on the day of this page",
  chooseField: "Choose…",
  field: "Field",
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
  notSent: "Changes that are not sent",
  value: "Value",
  answers: "Answers",
  isDefault: "Default, not stored yet",
  noAnswer: "no answer",
  answerNeeded: "required",
  status: "Status",
  // {Customer Profile} is the head of the widget (section 4 C)
  widget: "Customer Profile",
  sortBy: "Sort By",
  details: "Where it comes from",
  noValue: "–",
} as const;

/** Says how many changes were never meant to be sent. */
export function notMeantToBeSent(count: number, isAll: boolean): string {
  const changes = count === 1 ? "1 change was" : `${count} changes were`;
  return `${changes} not meant to be sent${isAll ? "" : ", among those that are loaded"}`;
}

/** Says that other fields do not rename a customer: what stands in the head is the name that it was registered under. */
export function nameStays(name: string, fields: string): string {
  return `${name} is the name of this customer. The fields First Name and Last Name, which say ${fields}, are values of their own: changing them, by hand or by a file, does not rename the customer.`;
}

/** Leads to the customer of a call. */
export function openCustomer(name: string): string {
  return `Open ${name}`;
}

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
  // Named as the page of the controls names it (rules 1.12 and 4.1)
  k87: "The control “Alternate ID Required for Display Customer Profile” (K87) is Yes.",
  blank: "(none)",
  choose: "Choose…",
  defaulted: "Default, stored with OK",
  dates: "Dates",
  from: "From",
  fromHint: "Empty means today",
  to: "To",
  toHint: "Empty means open",
  // “OK” and “Cancel” (rules 1.8, 1.9)
  ok: "OK",
  cancel: "Cancel",
  yours: "yours",
  chooseOne: "Somebody else answered meanwhile. Choose one of the two, then OK.",
  chooseFirst: "Choose one of the two answers at each category that was answered meanwhile.",
  stillWaiting: "still waiting",
  mayNot: "Your role reads profiles and does not change them.",
  erased: "The personal data of this customer were erased. Its profile can be read, and not changed.",
  deliveries: "Deliveries",
  storedAnswers: "What was stored",
} as const;

export const pageTexts = {
  parts: "Parts of this customer",
  customer: "Customer",
  history: "History",
  compare: "Compare",
  filters: "What the list shows",
  about: "About",
  everything: "everything",
  by: "By",
  from: "Came from",
  anywhere: "anywhere",
  reasonWords: "Words of the reason",
  moreFilters: "More filters",
  showEvents: "Show these events",
  csv: "Save as CSV",
  later: "a later event",
  onlyBackDated: "Only back-dated",
  noEvents: "No event is like that. Ask for fewer things at once above.",
  notSet: "not set",
  nothingChanged: "Nothing was changed.",
  show: "Show",
  reason: "Reason",
  close: "Close",
  actions: "Change",
  numbers: "Alternate numbers…",
  alternateNumbers: "Alternate numbers",
  makePrimary: "Make primary",
  remove: "Remove",
  primaryGoesLast: "This is the primary number. Make another number primary first.",
  newNumber: "New number",
  newNumberHint: "1 to 15 letters or digits, which no other customer has",
  enterNumber: "Enter a number first.",
  addNumber: "Add the number",
  replaceNumber: "Replace the primary number",
  merge: "Merge…",
  mergeTab: "Merge",
} as const;

/** Says who changed what of a customer since it was read: `Ada changed this at 10:42 – City: Paris; Age: 30–39`. */
export function changedBy(who: string, at: string, facts: readonly string[]): string {
  return `${who} changed this at ${at} – ${facts.join("; ")}`;
}

/** Says how many changes there are before those that are told. */
export function earlierChanges(count: number): string {
  return count === 1 ? "1 earlier change" : `${count} earlier changes`;
}

/** Offers to make a new number the primary one. The old one stays in the list (rule 1.14). */
export function insteadOf(primary: string): string {
  return `Primary in place of ${primary}, which stays in the list as out of date`;
}

/** Says that a number was added. */
export function added(number: string): string {
  return `${number} was added.`;
}

/** Says that another number is primary, and what became of the one before. */
export function madePrimary(number: string, before: string | null): string {
  return before === null ? `${number} is primary now.` : `${number} is primary now; ${before} is out of date.`;
}

/** Says that a number was taken off the list. Whoever looks for it still finds the customer (rule 1.14). */
export function removed(number: string): string {
  return `${number} was removed. It still finds this customer, as out of date.`;
}

export const DAY_TEXTS = {
  recorded_from: "Recorded from",
  recorded_to: "Recorded to",
  effective_from: "Effective from",
  effective_to: "Effective to",
} as const;

/** Titles the history of a customer. */
export function historyOf(name: string): string {
  return `${pageTexts.history}: ${name}`;
}

/** Titles the comparison of a customer at two points. */
export function comparisonOf(name: string): string {
  return `${pageTexts.compare}: ${name}`;
}

const EVENTS: Readonly<Record<string, (data: Entry["data"]) => string>> = {
  registered: () => "Registered",
  renamed: () => "Renamed",
  alternate_number_added: ({ alternate_number, replaced }) =>
    `Alternate number ${alternate_number} added${replaced ? `, primary in place of ${replaced}` : ""}`,
  primary_alternate_number_changed: ({ alternate_number, replaced }) =>
    `Alternate number ${alternate_number} made primary${replaced ? ` in place of ${replaced}` : ""}`,
  alternate_number_removed: ({ alternate_number }) => `Alternate number ${alternate_number} removed`,
  response_selected: ({ by_default }) => (by_default ? "Default stored" : "Answered"),
  response_cleared: () => "Answer taken away",
  field_edited: ({ interaction }) => (interaction ? `Edited during call ${interaction}` : "Edited"),
  fields_uploaded: ({ row }) => `Uploaded, row ${row}`,
  merged: ({ other }) => `Customer ${other} merged in`,
  merged_away: ({ survivor }) => `Merged into customer ${survivor}`,
  unmerged: ({ other }) => `Merge of customer ${other} undone`,
  values_put_back: ({ other }) => `What the merge of customer ${other} had covered`,
  brought_back: ({ survivor }) => `Separate from customer ${survivor} again`,
  personal_data_erased: () => "Personal data erased",
};

/** Says what an event is. */
export function eventText({ topic, data }: Pick<Entry, "topic" | "data">): string {
  const name = topic.replace("customer.", "");
  return EVENTS[name]?.(data) ?? name.replaceAll("_", " ");
}

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
  chooseFirst: "Not saved yet. Choose one of the two values at each field that was changed meanwhile.",
  nothingChanged: "Nothing was changed.",
} as const;

/** Says how many fields have another value than before. */
export function fieldsChanged(count: number): string {
  return count === 1 ? "1 field changed" : `${count} fields changed`;
}

/** Says that what was typed is not saved, and why (rule 3.4). */
export function notSaved(refusal: string): string {
  return `What you typed was not saved. ${refusal}`;
}

/** Says who changed a field meanwhile (rule 3.7). */
export function changedMeanwhile(label: string, by: string, at: string): string {
  return `${label} was changed by ${by} at ${at}`;
}

/** Says since when an answer is stored, and by whom. */
export function storedSince(days: string, by: string | null): string {
  return by === null ? `Stored, ${days}` : `Stored, ${days}, by ${by}`;
}

/** Names the other answer of a conflict: `30–39, by Ada at 10:42`. */
export function theirs(answer: string, by: string | undefined, at: string | undefined): string {
  return by === undefined || at === undefined ? answer : `${answer}, by ${by} at ${at}`;
}

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

/** Names a masked field for whom it may be searched. */
export function maskedField(label: string): string {
  return `${label} (masked: this is recorded)`;
}
