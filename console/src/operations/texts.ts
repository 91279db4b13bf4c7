/** Texts of the operations pages. */

import type { Refusal } from "../api/refusals.ts";
import type { Schema } from "../api/types.ts";

export const texts = {
  operations: "Operations",
  noValue: "–",
  // The strip and the line to the server
  strip: "State of the installation",
  pause: "Pause",
  resume: "Go on",
  paused: "Paused. What happens is still collected.",
  log: "Log position",
  relay: "Relay lag",
  worst: "Read model lag",
  waiting: "Waiting deliveries",
  notSent: "Not sent",
  deadLetters: "Dead letters",
  noRelay: "never ran",
  noBroker: "nothing is relayed: no broker is set",
  notCounted: "not counted yet",
  nobodyWaits: "none waits",
  none: "none",
  byControls: "not meant to be sent",
  // What is wrong
  faults: "What is wrong",
  noFaults: "Nothing is wrong.",
  blocks: "answers cannot be trusted",
  delays: "delays what is sent",
  needsSomebody: "needs somebody",
  deadTodo: "Correct what was refused, and send it again.",
  lettersWait: "everything runs, but dead letters wait",
  what: "What",
  why: "Why",
  todo: "What to do",
  // Read models
  readModels: "Read models",
  name: "Name",
  state: "State",
  position: "Position",
  lag: "Lag",
  runner: "Runner",
  generation: "Generation",
  nobody: "nobody",
  stoppedAt: "Stopped at",
  error: "Error",
  event: "Event",
  since: "Since",
  stoppedTodo: "Mend the cause; it tries again by itself. Runbook: A read model has stopped at an event.",
  notThere: "There is no read model of this name.",
  allReadModels: "All read models",
  rebuild: "Rebuild",
  rebuildOpen: "Rebuild…",
  startAgain: "Start again…",
  progress: "Progress",
  cancel: "Cancel",
  // Log, relay, feeds and processes
  path: "Path to other systems",
  pathWho: "What",
  process: "Process",
  processes: "Processes",
  runs: "runs",
  doesNotRun: "does not run",
} as const;

/** Characters of a value in a button. */
const LONGEST_IN_BUTTON = 40;

export const deliveryTexts = {
  deliveries: "Deliveries",
  byStatus: "By status",
  all: "all",
  ofCustomer: "Customer number",
  find: "Show",
  none: "No delivery is in this status.",
  customer: "Customer",
  more: "Details",
  event: "Event",
  position: "Log position",
  effective: "Effective from",
  letter: "Its dead letter",
  changed: "The counts have changed since this list was read.",
  readAgain: "Read again",
} as const;

export const letterTexts = {
  deadLetters: "Dead letters",
  letter: "Dead letter",
  unreadable: "Message that could not be read",
  unreadableWhy: "This message could not be read: it holds nothing that could be sent.",
  byState: "By state",
  reasons: "By reason",
  noReasons: "No dead letter waits for anybody.",
  none: "There is no dead letter here.",
  allReasons: "Show every reason",
  reason: "Reason",
  count: "Count",
  firstDied: "First",
  lastDied: "Last",
  act: "Send again",
  choose: "Choose",
  customer: "Customer",
  attribute: "Attribute",
  value: "Value",
  died: "Died",
  state: "State",
  statusCode: "Status code",
  attempts: "Attempts",
  effective: "Effective",
  position: "Log position",
  event: "Event",
  requested: "Requested",
  resent: "Sent again",
  correct: "Correct",
  newValue: "Value to send",
  cleared: "(no value: the attribute is cleared)",
  clears: "Leave it empty to clear the attribute.",
  personal: "A personal value is corrected at the customer, not here.",
  resend: "Resend",
  resendCorrected: "Resend corrected",
  resendCleared: "Resend without a value",
  unchanged: "The value is the old one.",
  sendAllTheSame: "Send all the same",
  onItsWay: "It is on its way again.",
  beingSent: "It is being sent.",
  accepted: "Accepted by Customer Engagement at",
  earlierReason: "Refused before",
  forceMany: "Send also those that a later value has overtaken",
  refused: "What was refused",
  sentAgain: "What was sent again",
  oldValue: "Until now",
  back: "All dead letters",
  cancel: "Cancel",
  close: "Close",
  mayNot: "Your role looks at dead letters and does not send them again.",
  keys: "Arrow keys go through the list, Enter opens, Space checks, r sends again what is checked.",
} as const;

export const STATUS: Readonly<Record<Schema<"Operations">["status"], string>> = {
  ready: "everything works",
  degraded: "something is delayed",
  unready: "answers cannot be trusted",
};

/** Says since when nothing was heard. */
export function noUpdates(since: string): string {
  return `No updates since ${since}, trying again`;
}

/** Says what a rebuild means before it begins. */
export function rebuildMeans(events: string): string {
  return `Readers keep the present one until the new one is complete. ${events} events.`;
}

/** Says that a rebuild has come to its end. */
export function rebuilt(name: string, generation: number): string {
  return `${name} was rebuilt: generation ${generation}.`;
}

/** Says that a rebuild was ended before it was complete. */
export function rebuildEnded(position: string, target: string): string {
  return `The rebuild ended at ${position} of ${target}.`;
}

/** Names the tab where letters are dead. */
export function deadInTitle(count: number): string {
  return `(${count}) dead ${count === 1 ? "letter" : "letters"} · ${texts.operations}`;
}

/** Names letters by their number. */
export function letters(count: number): string {
  return count === 1 ? "1 dead letter" : `${count.toLocaleString()} dead letters`;
}

/** Says that letters wait for somebody. */
export function waitForSomebody(count: number): string {
  return `${count.toLocaleString()} ${count === 1 ? "waits" : "wait"} for somebody`;
}

/** Says what a correction leaves as it is. */
export function customerKeeps(value: string): string {
  return `This changes only what is sent; the customer keeps “${value}” in Dossier. It is changed there:`;
}

/** Names the page of a customer, apart from what else has its number. */
export function customerNamed(number: string): string {
  return `Customer ${number}`;
}

/** Says what came of a resend that was not taken. */
export function refusedAgain({ status, sentence }: Refusal): string {
  return `${status?.startsWith("4") ? "Refused again" : "Not accepted"}: ${sentence}`;
}

/** Says which value is sent where none is entered. */
export function resendAsItWas({ personal, corrected, value, corrected_value }: Schema<"DeadLetter">): string {
  const how = corrected ? "Resend as last corrected" : "Resend as it was";
  if (personal && !corrected) return how;
  const sent = (corrected ? corrected_value : value) ?? "no value";
  return `${how}: ${sent.length > LONGEST_IN_BUTTON ? `${sent.slice(0, LONGEST_IN_BUTTON)}…` : sent}`;
}

/** Asks for the resend of all letters with one reason. */
export function allWithReason(count: number): string {
  return count === 1 ? "Resend the one with this reason…" : `Resend all ${count.toLocaleString()} with this reason…`;
}

/** Asks for the resend of the letters that are checked. */
export function resendChecked(count: number): string {
  return count === 0 ? "Resend the checked ones…" : `Resend ${letters(count)}…`;
}

/** Says what became of a resend of many. */
export function requested(count: number, refused: number): string {
  const sent = `${letters(count)} ${count === 1 ? "is" : "are"} on the way again.`;
  return refused === 0 ? sent : `${sent} ${refused.toLocaleString()} stay${refused === 1 ? "s" : ""} dead.`;
}

/** Says who asked for a resend. */
export function requestedBy(actor: string): string {
  return `by ${actor}`;
}

/** Names a letter's checkbox. */
export function chooseLetter(number: string, attribute: string): string {
  return `Choose ${number}, ${attribute}`;
}
