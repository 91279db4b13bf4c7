/** Texts of the set-up pages. */

import type { Member } from "./members.ts";

export const texts = {
  setup: "Set-up",
  /** What each section is for, by its path. */
  sections: {
    "/set-up/categories": "Profile categories and the responses that customers give.",
    "/set-up/fields": "Business fields: who may edit them, and which are personal.",
    "/set-up/classes": "Profile classes, their versions, and how a change reaches profiles.",
    "/set-up/system-options": "The company's own options and amounts, where neither site nor account has a value.",
    "/set-up/controls": "What decides about displaying, sending, names and the time zone.",
    "/set-up/mappings": "Which category or field is which attribute of Customer Engagement.",
    "/set-up/uploads": "Contact files that bring customers and their fields: progress, outcome, and a new one.",
  } as Readonly<Record<string, string>>,
  readOnly: "Your role reads the set-up and does not change it.",
  fixed: "Fixed when it was created.",
  reason: "Reason",
  none: "(none)",
  saved: "Saved.",
  nothingChanged: "Nothing was changed.",
  takeOver: "Go on from the present one; what I typed stays",
  deactivate: "Deactivate",
  activate: "Activate",
  activated: "It is offered again.",
  cancel: "Cancel",
  close: "Close",
  history: "History",
  noHistory: "It was never changed.",
  when: "When",
  what: "What",
  who: "Who",
  why: "Why",
  backDated: "back-dated",
  active: "active",
  inactive: "inactive",
  state: "State",
  required: "Required",
  categories: "Categories",
  // “Work with Profile Categories (WPFL)” (rule 1.1)
  workWithCategories: "Work with Profile Categories (WPFL)",
  category: "Category",
  newCategory: "New category",
  createCategory: "Create the category",
  saveCategory: "Save the category",
  noCategories: "No category is set up yet.",
  categoryInactive: "It is not shown any more and never blocks a save. What customers answered stays in their history.",
  code: "Code",
  description: "Description",
  responses: "Responses",
  response: "Response",
  noResponses: "It has no response yet: without one it is not shown.",
  responseInactive: "It is not offered any more. Customers who gave it keep it in their history.",
  newResponse: "New response",
  createResponse: "Add the response",
  saveResponse: "Save the response",
  default: "default",
  makeDefault: "Make default",
  up: "Up",
  down: "Down",
  order: "Order",
  edit: "Edit",
  firstAlready: "It is the first already.",
  lastAlready: "It is the last already.",
  defaultAlready: "It is the default already.",
  fields: "Fields",
  field: "Field",
  newField: "New field",
  createField: "Create the field",
  saveField: "Save the field",
  fieldInactive: "It is not shown any more, and uploads do not take it. Its values stay in the history.",
  key: "Key",
  group: "Group",
  type: "Type",
  agentEditable: "Agent Editable",
  personal: "Personal",
  searchable: "Searchable",
  controls: "Controls",
  control: "Control",
  value: "Value",
  holds: "Holds",
  effect: "What it does",
  byDefault: "by default",
  change: "Change",
  setControl: "Set the value",
  from: "From",
  to: "To",
  toHint: "Empty means open",
  blank: "(blank)",
  keepLater: "Keep later values",
  keepLaterHint: "It then holds until the day before the next value that is planned.",
  mappings: "Mappings",
  mapped: "Category or field",
  attribute: "Attribute",
  attributeHint: "Letters, digits, dots, hyphens and underscores; a letter first. Blank: not mapped.",
  saveMapping: "Save the attribute",
  notMapped: "(not mapped)",
  mappingsIntro: "What is not mapped is stored and not sent. A change counts for what is recorded from then on.",
} as const;

export const CATEGORY: readonly Member[] = [
  { name: "code", label: texts.code, kind: "number", hint: "1 to 999. It is fixed once created.", isFixed: true },
  { name: "description", label: texts.description, kind: "text", hint: "1 to 30 characters." },
  {
    name: "required",
    label: texts.required,
    kind: "flag",
    // Word for word as in rule 1.8
    hint: "If a profile category is required, a value must be selected to save the Profile.",
  },
  { name: "position", label: "Position", kind: "number", hint: "Categories are shown in this order." },
];

export const RESPONSE: readonly Member[] = [
  {
    name: "code",
    label: texts.code,
    kind: "text",
    hint: "1 to 5 letters or digits. It is fixed once created.",
    isFixed: true,
  },
  { name: "description", label: texts.description, kind: "text", hint: "1 to 30 characters." },
];

const pairs = (choices: readonly string[]) => choices.map((choice) => [choice, choice] as const);

export const FIELD: readonly Member[] = [
  {
    name: "key",
    label: texts.key,
    kind: "text",
    hint: "Small letters, digits and underscores. It is fixed once created.",
    isFixed: true,
  },
  { name: "label", label: "Label", kind: "text", hint: "1 to 60 characters." },
  {
    name: "group",
    label: texts.group,
    kind: "choice",
    choices: [
      ["business", "Business Fields"],
      ["optional", "Optional Business Fields"],
    ],
  },
  {
    name: "type",
    label: texts.type,
    kind: "choice",
    choices: pairs(["string", "integer", "decimal", "date", "datetime", "phone", "email", "choice"]),
  },
  { name: "choices", label: "Choices", kind: "lines", hint: "One on each line, for the type choice." },
  {
    name: "agent_editable",
    label: texts.agentEditable,
    kind: "flag",
    hint: "Agents may edit it during a call and its wrap-up.",
  },
  { name: "required", label: texts.required, kind: "flag" },
  { name: "personal", label: texts.personal, kind: "flag", hint: "Its values are encrypted, and end with an erasure." },
  { name: "masked", label: "Masked", kind: "flag", hint: "Its values are shown as dots; showing them is recorded." },
  {
    name: "searchable",
    label: texts.searchable,
    kind: "flag",
    hint: "Customers are found by its whole value; of a masked field, by those only who may unmask it.",
  },
  {
    name: "policy",
    label: "When an upload and an edit disagree",
    kind: "choice",
    choices: [
      ["newest", "the newest wins"],
      ["upload", "the upload wins"],
      ["agent", "the agent's edit wins"],
    ],
  },
  { name: "position", label: "Position", kind: "number", hint: "Fields are shown in this order." },
];

/** Returns what somebody else's value is. */
export function theirs(value: string): string {
  return `Meanwhile it was changed to: ${value}.`;
}

export function historyOf(name: string): string {
  return `History of ${name}`;
}

/** Returns which response loses the default to another one. */
export function defaultMoves(from: string | undefined, to: string): string {
  return from === undefined ? `${to} is the default now.` : `${to} is the default now, and ${from} is not any more.`;
}

export function makesDefault(from: string | undefined): string {
  return from === undefined ? "No response is the default now." : `${from} will not be the default any more.`;
}

const EFFECTS: Readonly<Record<string, (value: string) => string>> = {
  K87: (value) =>
    value === "Yes"
      ? "the drawer opens by itself for a customer with a primary alternate number and a required answer missing"
      : "the drawer never opens by itself",
  L37: (value) =>
    value === "INTERACT"
      ? "profile changes are sent to Customer Engagement, if L51 is Yes"
      : "profile changes are stored and not sent",
  L51: (value) =>
    value === "Yes"
      ? "profile changes of mapped categories and fields are sent, if L37 is INTERACT"
      : "profile changes are stored and not sent",
  H95: (value) => `alternate numbers are called “${value}”`,
  TZ: (value) => `days begin and end in ${value}`,
  agents_start_interactions: (value) =>
    value === "Yes" ? "agents may start interactions of their own" : "only the telephony side starts interactions",
};

/** Returns the effect of a control in one sentence. */
export function effectOf(code: string, value: string): string {
  const effect = EFFECTS[code]?.(value);
  if (effect === undefined) return "";
  const sentence = code.includes("_") ? effect : `${code} is ${value || "blank"}: ${effect}`;
  return `${sentence[0]?.toUpperCase()}${sentence.slice(1)}.`;
}

/** What a control may be, where that is a list. */
export const VALUES: Readonly<Record<string, readonly string[]>> = {
  K87: ["Yes", "No"],
  L37: ["", "INTERACT", "SALES"],
  L51: ["Yes", "No"],
  agents_start_interactions: ["Yes", "No"],
};
