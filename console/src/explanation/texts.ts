/** Texts that say what made a value so, and the way by which it came. */

import type { Schema } from "../api/types.ts";

type Explanation = Schema<"Explanation">;

export const texts = {
  unexplained: "No event says so.",
  event: "Show the event",
  eventOfVersion: "Show the event of this version",
  same: "It said again what held before.",
  nothingBefore: "There was no value before.",
  backDated: "back-dated",
  propagated: "written into this profile by a propagation",
  here: "Set here, not by the class.",
  system: "From the system options.",
  noValue: "no value",
  own: "The value of this customer itself.",
} as const;

/** Names the row and column of a file, after the name of the file. */
export function placeInFile({ row, column }: Schema<"ByUpload">): string {
  return column === null ? `, row ${row}` : `, row ${row}, column ${column}`;
}

/** Names a saved mapping with its version. */
export function mappingText(name: string, version: number | null): string {
  return version === null ? `mapping ${name}` : `mapping ${name}, version ${version}`;
}

/** Names a version of a class. */
export function classText({ profile_class, class_version }: Schema<"OfProfileClass">): string {
  return `${profile_class}, version ${class_version}`;
}

/** Says which customer a value came from when it was merged. */
export function broughtBy(customer: string): string {
  return `Brought by customer ${customer}, who was merged into this one.`;
}

/** Names the role and the reason after who recorded an event. */
export function roleAndReason({ role, reason }: Explanation, source: string): string {
  return reason === null ? ` (${role}, ${source})` : ` (${role}, ${source}): “${reason}”`;
}
