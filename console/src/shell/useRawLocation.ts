/** The address as it is written. The router decodes it as a whole, which leaves `=` and `&` encoded, so it gets it encoded once more. */

import { useBrowserLocation, useSearch } from "wouter/use-browser-location";

/** Returns the path, and the function that goes to another one. */
export function useRawLocation(): ReturnType<typeof useBrowserLocation> {
  const [path, navigate] = useBrowserLocation();
  return [path.replaceAll("%", "%25"), navigate];
}

/** Returns what follows the `?`. */
export function useRawSearch(): string {
  return useSearch().replaceAll("%", "%25");
}
