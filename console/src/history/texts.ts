/** Texts of every history, and of every comparison of two points. */

export const texts = {
  compare: "Compare",
  recorded: "Recorded",
  days: "Effective days",
  backDated: "back-dated",
  reason: "Reason",
  inForceOn: "In force on",
  superseded: "Superseded by",
  nowhere: "no day",
  notSet: "not set",
  event: "What",
  beforeAndAfter: "Before and after",
  field: "Field",
  onlyDifferences: "Only differences",
  thenAndNow: "This day, as known then and now",
  thenNeeded: "To compare a day as known then and now, choose under “As known at A” when it was known.",
  lastRecording: "Before and after the last recording",
  nextMonth: "Today and the 1st of next month",
  day: "Business day",
  knownAt: "As known at",
  now: "now",
  showFirst: "Show what was known then",
  points: "Points to compare",
  startingPoints: "Start from",
} as const;

/** What a change came through. */
export const SOURCES = {
  ui: "console",
  api: "API",
  upload: "upload",
  propagation: "propagation",
  merge: "merge",
  cli: "command line",
} as const;

/** Says that nothing was known of a thing at an instant, and from when on there is something. */
export function nothingYet(name: string, knownAt: string, first: string): string {
  return `On ${knownAt} nothing was recorded about ${name} yet; the first entry was recorded on ${first}.`;
}

/** Says that two points, each in words, have the same values. */
export function nothingDiffers(a: string, b: string): string {
  return `Nothing differs between ${a}, and ${b}.`;
}

/** Says that there is only one point, which is given in words. */
export function samePoint(point: string): string {
  return `A and B are the same point: ${point}. Choose another day or another time for one of them.`;
}

/** Says how many answers about past days would be others if a change were made. */
export function pastDaysText(count: number): string {
  if (count === 0) return "No answer about a past day differs";
  return `${count} past ${count === 1 ? "day" : "days"} would be answered otherwise`;
}
