/** What the events of an account or a site are, in words. */

const EVENTS: Readonly<Record<string, string>> = {
  "account.opened": "Account opened",
  "account.profile_class_assigned": "Class assigned",
  "account.profile_updated": "Options updated",
  "account.profile_propagated": "Change of the class propagated",
  "site.created": "Site created",
  "site.profile_class_assigned": "Class assigned",
  "site.profile_updated": "Options updated",
  "site.profile_propagated": "Change of the class propagated",
  "site.profile_ended": "Profile ended",
};

/** What is neither an option nor an amount. */
export const LABELS: Readonly<Record<string, string>> = {
  profile_class: "Class",
  class_version: "Class version",
  customer: "Customer",
  account: "Account",
};

/** Counts the values that an event changed. */
export function valuesText(count: number): string {
  return `${count} values`;
}

/** Says what an event is. */
export function eventText(topic: string): string {
  return EVENTS[topic] ?? topic.replaceAll(/[._]/g, " ");
}
