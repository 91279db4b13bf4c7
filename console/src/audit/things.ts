/** The things that events are about: what they are called, and where their pages are. */

import type { Schema } from "../api/types.ts";
import { isPage } from "../shell/results.ts";

export type Kind = Schema<"HistoryEntry">["kind"];

export const KINDS: Readonly<Record<Kind, string>> = {
  customer: "Customer",
  account: "Account",
  site: "Site",
  profile_class: "Profile class",
  category: "Category",
  field: "Business field",
  controls: "Controls",
  system_options: "System options",
  mappings: "Attribute mappings",
  upload: "Upload",
  upload_mapping: "Upload mapping",
  interaction: "Interaction",
  propagation: "Propagation",
  unmasking: "Unmasking",
};

/** Kinds of which there is one thing only, so that it needs no name. */
const SINGLE: readonly Kind[] = ["controls", "system_options", "mappings"];

/** Returns the name of a thing: `Customer 1001`, `Site S-1 of account A-7`, `Controls`. */
export function thingText(kind: Kind, key: string): string {
  if (SINGLE.includes(kind)) return KINDS[kind];
  const [account, site] = key.split("/", 2);
  return kind === "site" ? `Site ${site} of account ${account}` : `${KINDS[kind]} ${key}`;
}

/** Returns the path of the page of a thing; null where there is none. */
export function thingPath(kind: Kind, key: string): string | null {
  const path = pathOf(kind, key.split("/").map(encodeURIComponent));
  return path !== null && isPage(path) ? path : null;
}

function pathOf(kind: Kind, parts: readonly string[]): string | null {
  const [first = "", second = ""] = parts;
  switch (kind) {
    case "customer":
    case "unmasking":
      return `/customers/${first}`;
    case "account":
      return `/accounts/${first}`;
    case "site":
      return `/accounts/${first}/sites/${second}`;
    case "profile_class":
    case "propagation":
      return `/set-up/classes/${first}`;
    case "category":
      return `/set-up/categories/${first}`;
    case "field":
      return `/set-up/fields/${first}`;
    case "controls":
      return "/set-up/controls";
    case "system_options":
      return "/set-up/system-options";
    case "mappings":
      return "/set-up/mappings";
    case "upload":
      return `/set-up/uploads/${first}`;
    default:
      return null;
  }
}
