/** Texts of the pages of profile classes and system options. Those in curly quotes are the texts of the domain rules. */

import type { Schema } from "../api/types.ts";

export type ApplyTo = Schema<"ApplyTo">;
export type Outcome = Schema<"Became">;

export const texts = {
  classes: "Profile classes",
  profileClass: "Class",
  newClass: "New class",
  createClass: "Create the class",
  fixedName: "1 to 30 characters. It is fixed once created.",
  classInactive: "It is not assigned any more. Profiles that have it go on with it.",
  defaultStays: "DEFAULT is what every new account begins with: it is changed, but never deactivated.",
  inForce: "Options and amounts",
  change: "Change the class",
  nextVersion: "Save as the next version",
  applyTo: "For which profiles",
  chooseApplyTo: "Choose for which profiles the change counts.",
  nothingYet: "Nothing was changed yet.",
  incomplete: "A value has nothing in it yet.",
  versions: "Versions",
  version: "Version",
  definedAt: "Defined",
  changedValues: "What it changed",
  reaches: "Profiles",
  runDate: "Run date",
  runDateHint: "The change is written from this day on.",
  includeLater: "Also later-dated versions",
  includeLaterHint: "Otherwise versions of this class that begin later are left alone.",
  preview: "Preview",
  previewIsMade: "The preview is being made.",
  nothingToRun: "No profile would change.",
  further: "Look at a further run",
  progress: "Progress",
  done: "Profiles done",
  starting: "It is being started.",
  mayLeave: "It goes on by itself: you may leave this page and come back.",
  states: { planned: "planned", running: "running", finished: "finished", failed: "interrupted" },
  failed: "It continues by itself.",
  report: "Report",
  download: "Download the report",
  previewHint: "Nothing of it is stored until it is run.",
  outcome: "Outcome",
  allOutcomes: "All outcomes",
  profile: "Profile",
  noneYet: "No profile is done yet.",
  changes: "Values",
  noProfiles: "No profile is concerned.",
  setHere: "set here",
  startedBy: "Started by",
  systemOptions: "System options",
  systemIntro: "They count where neither the site nor the account has a value.",
  changeOptions: "Change the system options",
  saveOptions: "Save the system options",
  holds: "Holds",
} as const;

export const APPLY_TO: Readonly<Record<ApplyTo, string>> = {
  // “Apply changes to new profiles only.” and the two others: rule 2.15
  new: "Apply changes to new profiles only.",
  unmodified: "Apply changes to unmodified profiles and version existing unmodified profiles.",
  all: "Apply changes to all profiles and version all existing profiles.",
};

export const OUTCOMES: readonly Outcome[] = ["changed", "unchanged", "skipped"];

export function versionText(name: string, version: number): string {
  return `${name}, version ${version}`;
}

export function profiles(number: number): string {
  return `${new Intl.NumberFormat().format(number)} profile${number === 1 ? "" : "s"}`;
}

/** Names the profile of an account or of one of its sites. */
export function profileText({ account, site }: { account: string; site: string | null }): string {
  return site === null ? account : `${account}, site ${site}`;
}

export function runOn(number: number): string {
  return `Run on ${profiles(number)}`;
}

export function progressText(done: number, all: number | null | undefined): string {
  return all === null || all === undefined ? profiles(done) : `${done} of ${profiles(all)}`;
}

/** Returns what a run would do that people may not expect. */
export function warnings({ later_dated, include_later, overwritten, overwritten_since }: Schema<"Preview">): string[] {
  const later = include_later ? "They change, too." : "They are left alone unless later-dated versions are included.";
  const since = `${overwritten_since} of them since the class was changed`;
  return [
    ...(later_dated > 0 ? [`${profiles(later_dated)} with later-dated versions of the class. ${later}`] : []),
    ...(overwritten > 0 ? [`On ${profiles(overwritten)}, values that were set there are replaced, ${since}.`] : []),
  ];
}

export function fileName({ name, version }: { name: string; version: number }, outcome: Outcome | ""): string {
  return `${name}, version ${version}${outcome === "" ? "" : `, ${outcome}`}.csv`;
}
