/** Texts of the change page. Those in curly quotes are the texts of the domain rules. */

import type { Schema } from "../api/types.ts";
import { pastDaysText } from "../history/texts.ts";
import { dayText, rangeText } from "../time/words.ts";
import type { Draft } from "./draft.ts";

export const texts = {
  change: "Change",
  what: "What",
  when: "When",
  why: "Why",
  assign: "Assign a class",
  // “Create Site Profile” (rule 2.6)
  create: "Create Site Profile",
  update: "Update options",
  end: "End the profile",
  profileClass: "Class",
  keepOverrides: "Keep what is set here",
  from: "From",
  fromHint: "Empty means today",
  to: "To",
  toHint: "Empty means open",
  lastDay: "Last day",
  lastDayHint: "Empty means today",
  keepLaterHint: "The change then ends before the next later version begins.",
  reason: "Reason",
  reasonHint: "Stands in the history; needed for days in the past.",
  preview: "Preview",
  noPreview: "Say what shall change: its effect is shown here before it is saved.",
  nothing: "This changes nothing.",
  waiting: "The preview of what you entered is being made.",
  incomplete: "Something is missing yet: see above.",
  needsReason: "Say why: days in the past change.",
  failed: "The preview says what is wrong.",
  cancel: "Cancel",
  mayNot: "Your role reads profiles and does not change them.",
  period: "Days",
  before: "Before",
  after: "After",
  differences: "What changes",
  noProfile: "no profile",
  resumes: "Resumes",
  superseded: "Superseded",
  done: "Recorded in the Profile History.",
  transactions: "Transactions that would meet something else",
  noTransactions: "No transaction would meet anything else.",
} as const;

/** Names the act for the button that does it. */
export function actText(draft: Draft, isFirst: boolean): string {
  if (draft.act === "end") return texts.end;
  if (draft.act === "update") return draft.rows.length === 1 ? "Update 1 value" : `Update ${draft.rows.length} values`;
  if (isFirst) return texts.create;
  return draft.profileClass === "" ? texts.assign : `Assign ${draft.profileClass}`;
}

type Preview = Schema<"ProfilePreviewRead">;

/** Says in one line what becomes of other versions and of the sites. */
export function summaryText({ superseded, resumes, sites }: Preview): string {
  const wholly = superseded.filter((version) => version.wholly).length;
  const partly = superseded.length - wholly;
  const parts = [
    partly > 0 && `${counted(partly, "version")} superseded in part`,
    wholly > 0 && `${counted(wholly, "version")} superseded wholly`,
    ...resumes.map(
      (version) => `${version.profile_class ?? texts.noProfile} resumes on ${dayText(version.effective_from)}`,
    ),
    sites !== null &&
      sites.following > 0 &&
      `${counted(sites.following, "site")} ${sites.following === 1 ? "follows" : "follow"} the account`,
  ];
  const said = parts.filter((part): part is string => part !== false);
  return said.length === 0 ? "" : `${said.join("; ")}.`;
}

/** Says how many answers about past days would be others. */
export function impactText({ past_days, transactions }: Schema<"ProfileImpact">): string {
  return `${pastDaysText(past_days)}; ${transactions.length === 1 ? "1 place is" : `${transactions.length} places are`} concerned.`;
}

/** Names an account or a site whose transactions would meet something else. */
export function placeImpactText({ account, site, past_days }: Schema<"ImpactPlace">): string {
  const place = site === null ? `Account ${account}` : `Site ${site}`;
  return past_days === 0 ? `${place}:` : `${place}, ${counted(past_days, "past day")}:`;
}

/** Says how many places are not listed. */
export function leftOffText(count: number): string {
  return `${counted(count, "more place")} ${count === 1 ? "is" : "are"} not listed.`;
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

/** Offers to leave what begins later as it is (rule 2.11). */
export function keepLaterText(count: number): string {
  return count === 1 ? "Keep the later version" : `Keep the ${count} later versions`;
}

/** Says how many days of the past a change is about. */
export function backDatedText({ count, changes_answers }: Schema<"PreviewPast">): string {
  return `Back-dated: ${counted(count, "day")} in the past ${changes_answers ? "change" : "stay the same"}.`;
}

/** Says who has changed the profile meanwhile. */
export function meanwhileText(by: string, at: string): string {
  return `${by} changed this profile at ${at}. The preview was made anew; check it and save again.`;
}

/** Says that the effect of the change is not the one that was shown. */
export const OTHER_EFFECT =
  "The change would have another effect than the one that was shown. The preview was made anew; check it and save again.";

/** Says which days a part of the preview is about. */
export function daysText({ effective_from, effective_to }: Schema<"DayRange">): string {
  return rangeText(effective_from, effective_to);
}
