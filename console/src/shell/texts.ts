/** Texts of the shell. */

export const texts = {
  name: "Dossier",
  skip: "Skip to the content",
  areas: "Areas",
  search: "Search",
  nothingFound:
    "Nothing was found. Look for a customer's name or number, an alternate number, an account, a site, an upload or an event id, or for the whole value of a searchable business field, such as a phone number.",
  signIn: "Sign in",
  signInIntro: "A token says who you are and what you may do. Your administrator makes one with the dossier command.",
  token: "Token",
  tokenNeeded: "Enter a token.",
  sessionOver: "Your session has ended",
  sessionOverHint: "Sign in again to go on. What you entered is kept.",
  signOut: "Sign out",
  theme: "Theme",
  pointOpen: "Point in time",
  validAt: "Business day",
  validHint: "Empty means today",
  knownAt: "As known at",
  show: "Show this point",
  backToNow: "Back to now",
  pastIsReadOnly: "The past is looked at, not changed: go back to now first.",
  notFound: "Page not found",
  shortcuts: "Keyboard shortcuts",
  shortcutsOn: "Shortcuts are on",
  close: "Close",
  apiDocs: "The API",
  licences: "About: licences",
} as const;

export const THEME_TEXTS = { system: "System theme", light: "Light theme", dark: "Dark theme" } as const;

/** Says what the instant of knowledge is when its field is empty, and in which time zone it is read. */
export function knownHint(zone: string): string {
  return `Empty means now. Time zone: ${zone}.`;
}

/** Names the time zone of all instants. */
export function timesIn(zone: string): string {
  return `Times of day are those of ${zone}.`;
}

/** Names the customer of the call in progress, or of its wrap-up. */
export function currentCall(state: "on_call" | "wrap_up" | "closed", customer: string): string {
  return state === "wrap_up" ? `In wrap-up: ${customer}` : `Current call: ${customer}`;
}

/** Returns the text of the connection bar. */
export function noConnection(since: string): string {
  return `No connection since ${since}. What you entered is kept.`;
}

/** Returns what is announced once a search was answered. */
export function resultCount(count: number): string {
  if (count === 0) return texts.nothingFound;
  return count === 1 ? "1 result" : `${count} results`;
}

/** Says what was looked for and is not there. */
export function notFoundText(path: string): string {
  return `There is no page at ${path}. Search for a number, a name or an account instead.`;
}
