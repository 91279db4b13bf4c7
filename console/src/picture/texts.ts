/** Texts of the picture of a timeline. */

import { dayOf } from "../time/dates.ts";
import { dayText, instantText, OPEN, rangeText } from "../time/words.ts";
import { type Span, setHere, type Version } from "./versions.ts";

export const texts = {
  noProfile: "no profile",
  validAt: "Valid at",
  knownAt: "Known at",
  now: "now",
  day: "Business day",
  recording: "As known after",
  notYet: "no profile was recorded yet",
  beforeFirst: "before the first entry",
  readout: "At this point",
  asTable: "As a table",
  toScale: "To scale",
  zoom: "Days shown",
  all: "All",
  threeYears: "3 years",
  oneYear: "1 year",
  days90: "90 days",
  zoomIn: "Fewer days",
  zoomOut: "More days",
  more: "40 earlier recordings",
  recordings: "Recordings",
  from: "From",
  to: "To",
  profileClass: "Class",
  version: "Version",
  setHere: "Set here",
  recorded: "Recorded",
  by: "By",
  reason: "Reason",
  what: "What",
  open: OPEN,
  backDated: "back-dated",
  inForceAs: "In force, as known",
} as const;

/** Says which days a span has. */
export function spanText({ from, until }: Pick<Span, "from" | "until">): string {
  return rangeText(dayOf(from), Number.isFinite(until) ? dayOf(until - 1) : null);
}

/** Names a version by its class: `Prompt payers, version 1`. */
export function classText(version: Pick<Version, "profile_class" | "class_version"> | null): string {
  if (version === null || version.profile_class === null) return texts.noProfile;
  return `${version.profile_class}, version ${version.class_version}`;
}

/** Names a version where there is little room: `Prompt payers v1`. */
export function shortText({ profile_class, class_version }: Version): string {
  return profile_class === null ? texts.noProfile : `${profile_class} v${class_version}`;
}

/** Says how many values are set here. */
export function setHereText(count: number): string {
  return count === 1 ? "1 option set here." : `${count} options set here.`;
}

/** Says what the picture has at a point: `On 20 Jun 2026, as known now: Prompt payers, version 1, 1 Mar – 15 Jul 2026. …`. */
export function readoutText(
  day: number,
  knownAt: string | null,
  span: Span | null,
  zone: string,
  isBefore = false,
): string {
  const known = knownAt === null ? texts.now : `on ${instantText(knownAt, zone)}`;
  const at = `On ${dayText(dayOf(day))}, as known ${known}:`;
  if (span === null) return `${at} ${isBefore ? texts.notYet : texts.noProfile}.`;
  const { version } = span;
  const count = setHere(version);
  const because = version.reason === null ? "" : `: “${version.reason}”`;
  return [
    `${at} ${classText(version)}, ${spanText(span)}.`,
    `Recorded ${instantText(version.recorded_at, zone)} by ${version.actor}${version.back_dated ? `, ${texts.backDated}` : ""}${because}.`,
    ...(count > 0 ? [setHereText(count)] : []),
  ].join(" ");
}

/** Names the drawing for those who do not see it. */
export function drawingText(name: string, versions: number, recordings: number): string {
  return `Timeline of ${name}: ${versions} versions in ${recordings} recordings. “${texts.asTable}” says the same.`;
}

export function earlierText(count: number): string {
  return `${count} earlier recordings`;
}

export function showAll(count: number): string {
  return `Show all ${count}`;
}
