/** The search field of the top bar, for what leads to it from elsewhere. */

export const SEARCH_FIELD = "search";

/** Returns whether the page has the field; an embedded one has none. */
export function hasSearch(): boolean {
  return document.getElementById(SEARCH_FIELD) !== null;
}

export function focusSearch(): void {
  document.getElementById(SEARCH_FIELD)?.focus();
}
