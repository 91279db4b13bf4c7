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
  // The list
  events: "Events",
  none: "Nothing that was recorded passes these filters.",
  order: "Order",
  newest: "Newest first",
  oldest: "Oldest first",
  csv: "Export as CSV",
  ndjson: "Export as NDJSON",
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
  superseded: "Superseded by",
  inForce: "In force",
  nowhere: "on no day",
  allEvents: "All events",
} as const;

export const SOURCES = {
  ui: "console",
  api: "API",
  upload: "upload",
  propagation: "propagation",
  merge: "merge",
  cli: "command line",
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

/** Names the button that opens an event. */
export function openText(what: string, position: number): string {
  return `${what}, log position ${position}`;
}
