/** Texts of the audit pages. */

export const texts = {
  audit: "Audit",
  event: "Event",
  today: "What changed today, and who?",
  filters: "Filters",
  show: "Show",
  clear: "Clear all filters",
  any: "any",
  remove: "Remove",
  // The filters
  kind: "About",
  key: "Which one",
  keyHint: "Its number, code, key, name or id; A-7/S-1 for a site",
  actor: "Who",
  role: "Role",
  source: "From where",
  topic: "Kind of event",
  field: "Changed value",
  fieldHint: "Such as fields.city, options.tolerance_percent or responses.1",
  recorded_from: "Recorded from",
  recorded_to: "Recorded until",
  effective_from: "Effective from",
  effective_to: "Effective until",
  effectiveHint: "When its effective dates begin",
  back_dated: "Back-dated only",
  reason: "Words of the reason",
  correlation_id: "Correlation id",
  causation_id: "Id of the cause",
  // The list
  events: "Events",
  none: "Nothing that was recorded passes these filters.",
  order: "Order",
  newest: "Newest first",
  oldest: "Oldest first",
  csv: "Export as CSV",
  ndjson: "Export as NDJSON",
  proved: "Export with proofs",
  when: "Recorded",
  who: "Who",
  what: "What",
  changes: "Before and after",
  why: "Why",
  open: "Open",
  backDated: "back-dated",
  effective: "Effective",
  effectiveOn: "effective",
  nothing: "(nothing)",
  noChange: "No value changed.",
  yes: "yes",
  no: "no",
  was: "was",
  isNow: "now",
  // One event
  whole: "The whole event as JSON",
  copy: "Copy",
  page: "Page of this event",
  together: "What belongs together",
  ofThing: "Everything about it",
  position: "Log position",
  id: "Event id",
  cause: "Caused by",
  caused: "Everything that it caused",
  superseded: "Superseded by",
  inForce: "In force",
  nowhere: "on no day",
  allEvents: "All events",
  proofOfEvent: "Proof of this event",
  // The proof of the log
  proof: "Proof",
  proofHint:
    "A signed head says what the log is now. Keep it elsewhere: it shows later whether anything up to it was altered.",
  verify: "Verify",
  verifying: "The log is being verified",
  saveHead: "Save a signed head",
} as const;

export const ROLES = ["administrator", "agent", "auditor", "integrator"] as const;

/** Names the form by the number of its filters. */
export function filtersText(count: number): string {
  return count === 0 ? texts.filters : `${texts.filters} (${count})`;
}

/** Offers the changes that are not shown. */
export function moreChanges(count: number): string {
  return count === 1 ? "1 more value" : `${count} more values`;
}

/** Says how far the verification has come. */
export function checkedText(state: { events: number; last_position: number } | null): string {
  if (state === null) return "It begins.";
  return `${state.events.toLocaleString()} of ${state.last_position.toLocaleString()} events`;
}

/** Says that nothing was altered. */
export function wholeText(events: number): string {
  return `The log is whole: ${events.toLocaleString()} events are as they were recorded.`;
}

/** Says how far signed heads reach. */
export function signedText(position: number): string {
  if (position === 0) return "No head has been signed with the present key.";
  return `Signed up to position ${position.toLocaleString()}.`;
}

/** Names the first position that was altered. */
export function brokenText(position: number): string {
  return `The log was altered at position ${position.toLocaleString()}.`;
}

/** Names the button that opens an event. */
export function openText(what: string, position: number): string {
  return `${what}, log position ${position}`;
}
