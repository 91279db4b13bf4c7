import { useEffect } from "react";
import { useLocation, useSearch } from "wouter";
import { isBusy } from "./busy.ts";
import { pathOf } from "./paths.ts";

/**
 * Goes on to the survivor's page where the number is that of a merged customer (rule 6.1), unless something is being edited: that stays.
 * `page` is which one: `/compare`. Returns the number that led here.
 */
export function useFollowedMerge(number: string, survivor: string | undefined, page = ""): string | null {
  const [, navigate] = useLocation();
  const parameters = new URLSearchParams(useSearch());
  useEffect(() => {
    if (survivor === undefined || survivor === number || isBusy()) return;
    const next = new URLSearchParams(window.location.search);
    next.set("from", number);
    navigate(`${pathOf(survivor)}${page}?${next}`, { replace: true });
  }, [number, survivor, page, navigate]);
  return parameters.get("from");
}
