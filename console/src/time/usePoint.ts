/** The point in time of the page that is open. */

import { useMemo } from "react";
import { useLocation, useSearch } from "wouter";
import { type Point, pointOf, withPoint } from "./point.ts";

/** Returns the point of the address. */
export function usePoint(): Point {
  const search = useSearch();
  return useMemo(() => pointOf(search), [search]);
}

/** Returns a function that puts another point into the address of this page; with `replace`, no step back leads to the one before. */
export function useSetPoint(): (point: Point, options?: { replace: boolean }) => void {
  const [path, navigate] = useLocation();
  const search = useSearch();
  return (point, options) => navigate(withPoint(`${path}?${search}`, point), options);
}
