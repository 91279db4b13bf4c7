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
  beforeAndAfter: "Before and after",
  field: "Field",
  onlyDifferences: "Only differences",
  noDifferences: "Nothing differs.",
  thenAndNow: "This day, as known then and now",
  lastRecording: "Before and after the last recording",
  nextMonth: "Today and the 1st of next month",
  day: "Business day",
  knownAt: "As known at",
  now: "now",
  points: "Points to compare",
  startingPoints: "Start from",
} as const;
