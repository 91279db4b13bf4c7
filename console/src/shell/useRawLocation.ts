/** The address as it is written. The router decodes it as a whole, which leaves `=` and `&` encoded, so it gets it encoded once more. */

import { navigate, useBrowserLocation, useSearch } from "wouter/use-browser-location";

let hasMoved = false;

/** Returns whether somebody went on from the address that the tab was opened with. */
export function hasGoneOn(): boolean {
  return hasMoved;
}

const goTo: typeof navigate = (address, options) => {
  hasMoved ||= options?.replace !== true;
  navigate(address, options);
};

/** Returns the path, and the function that goes to another one. */
export function useRawLocation(): ReturnType<typeof useBrowserLocation> {
  const [path] = useBrowserLocation();
  return [path.replaceAll("%", "%25"), goTo];
}

/** Returns what follows the `?`. */
export function useRawSearch(): string {
  return useSearch().replaceAll("%", "%25");
}
