import { useLocation, useSearch } from "wouter";
import { type Pair, pairOf, withPair } from "./pair.ts";

/** Returns the two points of the address, and the function that puts others there. */
export function usePair(): [Pair, (pair: Pair) => void] {
  const [path, navigate] = useLocation();
  const search = useSearch();
  return [pairOf(search), (pair) => navigate(`${path}?${withPair(search, pair)}`, { replace: true })];
}
