/** What the search field finds, as groups of links to pages that there are. */

import type { Schema } from "../api/types.ts";
import routes from "../routes.json" with { type: "json" };
import { dayIn } from "../time/dates.ts";
import { dayText } from "../time/words.ts";

export interface Result {
  path: string;
  text: string;
  /** The texts of which each means this and no other. */
  names: string[];
  /** It is the whole list, of which the others are the first. */
  isList?: true;
  /** What else is to be known of it. */
  note?: string;
}

export interface ResultGroup {
  title: string;
  results: Result[];
}

const patterns = routes.map(({ path }) => new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}$`));

/** Returns the groups that have results; days are those of the company's time zone. */
export function groupsOf(found: Schema<"SearchResults">, text: string, zone: string): ResultGroup[] {
  const groups = [
    { title: "Customers", results: [...found.customers.items.map(customer), ...allNamed(found.customers, text)] },
    { title: "Alternate numbers", results: found.alternate_numbers.items.map((each) => alternateNumber(each, zone)) },
    { title: "Business fields", results: found.business_fields.items.map(fieldValue) },
    { title: "Accounts", results: found.accounts.items.map(account) },
    { title: "Sites", results: found.sites.items.map(site) },
    { title: "Events", results: (found.events?.items ?? []).map(event) },
    { title: "Uploads", results: (found.uploads?.items ?? []).map(upload) },
  ];
  return groups
    .map(({ title, results }) => ({ title, results: results.filter(({ path }) => isPage(path)) }))
    .filter(({ results }) => results.length > 0);
}

/** Returns the result that a text means: the only one, or the first that has exactly this name or number; undefined where it may be several. */
export function meant(results: readonly Result[], text: string): Result | undefined {
  if (results.length === 1) return results[0];
  const wanted = text.toLocaleLowerCase();
  return results.find(({ names }) => names.some((name) => name.toLocaleLowerCase() === wanted));
}

/** Returns whether the console has a page at a path. */
export function isPage(path: string): boolean {
  const [page = ""] = path.split("?", 1);
  return patterns.some((pattern) => pattern.test(page));
}

/** Returns the address of the list of all customers with a name. */
export function listOf(name: string): string {
  return `/customers?${new URLSearchParams({ by: "name", for: name })}`;
}

/** Leads to all customers with a name, where not all of them are shown. */
function allNamed({ items, more }: Schema<"SearchResults">["customers"], text: string): Result[] {
  const isByName = more && items.some(({ found_by }) => found_by === "name");
  return isByName ? [{ path: listOf(text), text: `All customers named “${text}”`, names: [], isList: true }] : [];
}

function path(...segments: string[]): string {
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join("");
}

function customer(each: Schema<"CustomerFound">): Result {
  const note = each.merged_into === null ? undefined : `Merged into ${each.merged_into}.`;
  return {
    path: path("customers", each.number),
    text: `${each.name}, ${each.number}`,
    names: [each.number, each.name],
    note,
  };
}

function alternateNumber(each: Schema<"AlternateNumberFound">, zone: string): Result {
  const since = each.out_of_date_since;
  const note = since === null ? undefined : `Out of date since ${dayText(dayIn(zone, since))}.`;
  return {
    path: path("customers", each.number),
    text: `${each.alternate_number}, ${each.name}`,
    names: [each.alternate_number],
    note,
  };
}

function fieldValue(each: Schema<"FieldValueFound">): Result {
  const merged = each.merged_from === null ? "" : `, of ${each.merged_from}, which was merged into it`;
  return {
    path: path("customers", each.number),
    text: `${each.name}, ${each.number}`,
    names: [],
    note: `${each.label}${merged}`,
  };
}

function account(each: Schema<"AccountFound">): Result {
  return {
    path: path("accounts", each.account),
    text: each.account,
    names: [each.account],
    note: `Customer ${each.customer}`,
  };
}

function site(each: Schema<"SiteFound">): Result {
  return {
    path: path("accounts", each.account, "sites", each.site),
    text: each.site,
    names: [each.site],
    note: `Account ${each.account}`,
  };
}

function event(each: Schema<"FoundEvent">): Result {
  return {
    path: path("audit", each.event_id),
    text: each.event_id,
    names: [each.event_id],
    note: `${each.topic}, ${each.key}`,
  };
}

function upload(each: Schema<"UploadRead">): Result {
  return { path: path("set-up", "uploads", each.upload), text: each.upload, names: [each.upload] };
}
