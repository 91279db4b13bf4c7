/** Texts of the account pages. Those in curly quotes are the texts of the domain rules. */

import type { Schema } from "../api/types.ts";
import type { Place } from "./place.ts";

export const texts = {
  accounts: "Accounts",
  found: "Accounts found",
  account: "Account",
  customer: "Customer",
  customerNumber: "Customer number",
  customerHint: "Empty means all accounts",
  find: "Find",
  start: "Start",
  noAccounts: "No account was found.",
  noSitesFound: "No site was found.",
  sitesFound: "Sites found",
  site: "Site",
  list: "List",
  any: "any",
  olderThan: "Class version older than",
  olderHint: "A number, with the class",
  valueSetHere: "Value set here",
  parts: "Parts of this account",
  timeline: "Timeline",
  // “details of when a given version of a profile class is active” (rules 2.18, 2.22)
  history: "Profile History",
  historyIntro:
    "It gives details of when a given version of a profile class is active. Each row is an entry, as it was recorded; the version is that of the class.",
  compare: "Compare",
  editAccount: "Edit Account",
  // “Edit Site” (rule 2.6)
  editSite: "Edit Site",
  events: "Events",
  noEvents: "Nothing was recorded.",
  search: "Search these events in the audit",
  position: "Log position",
  // “Create Site Profile” (rule 2.6)
  create: "Create Site Profile",
  inForce: "In force",
  // Word for word as in rule 2.13
  dateDecides: "The date of a given transaction or receipt determines which account or site profile applies.",
  notInForce: "No profile is in force on this day.",
  asAccount: "as the account",
  followsAccount: "This site has no profile of its own on this day. Its account's applies.",
  noSiteProfile: "This site has no profile. Its account's applies.",
  setHere: "◆ set here",
  setOnAccount: "from the account, set there",
  fromSystem: "from the system options",
  amounts: "Amounts",
  attributes: "Attributes",
  copyLink: "Copy a link to this point",
  copyCurl: "Copy as curl",
  copied: "Copied",
  compareDay: "Compare with this day as known now",
  compareToday: "Compare with today as known now",
  sites: "Sites",
  accountLane: "The account",
  noSites: "This account has no site.",
  show: "Show",
  systemSet: "Set for the company.",
  entry: "Entry",
  profileClass: "Class",
  recorded: "Recorded",
  whatWasSet: "Set here",
  noHistory: "No profile was recorded.",
  notSet: "not set",
  noProfile: "no profile",
} as const;

/** Names an account or a site as the title of its pages. */
export function placeText({ account, site }: Place): string {
  return site === undefined ? `Account ${account}` : `Site ${site} of account ${account}`;
}

/** Names an account or a site inside a sentence. */
export function placeName({ account, site }: Place): string {
  return site === undefined ? `account ${account}` : `site ${site} of account ${account}`;
}

/** Names an entry of the Profile History inside a sentence. */
export function entryText(number: number): string {
  return `entry ${number}`;
}

/** Says how many recordings there are that are not shown. */
export function newerText(count: number): string {
  return count === 1 ? "1 newer recording" : `${count} newer recordings`;
}

export function notSetText(count: number): string {
  return `${count} not set`;
}

/** Says where a value comes from (rule 2.13). */
export function originText(explained: Schema<"Explained">, { site }: Place): string {
  const { level, origin, profile_class, class_version } = explained;
  if (level === "system") return texts.fromSystem;
  const isOther = site !== undefined && level === "account";
  if (origin === "here") return isOther ? texts.setOnAccount : texts.setHere;
  return `from ${isOther ? "the account, " : ""}${profile_class} v${class_version}`;
}
