import { useEffect } from "react";
import { useLocation, useSearch } from "wouter";
import { isBusy } from "./busy.ts";
import type { Drawer } from "./drawer.ts";

const DRAWER = "drawer";
/** Customers whose drawer was displayed by itself in this visit. */
const displayed = new Set<string>();

/** Returns whether the drawer is open, which is in the address, and the function that opens and closes it. */
export function useDrawerOpen(number: string, drawer: Drawer | undefined, isWritable: boolean) {
  const [path, navigate] = useLocation();
  const search = useSearch();
  const isOpen = new URLSearchParams(search).has(DRAWER);

  function setOpen(open: boolean) {
    const parameters = new URLSearchParams(search);
    if (open) parameters.set(DRAWER, "");
    else parameters.delete(DRAWER);
    navigate(`${path}?${parameters}`, { replace: !open });
  }

  const isDue = drawer?.display.displayed === true && isWritable && !displayed.has(number);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it opens once, when the drawer is read
  useEffect(() => {
    if (!isDue || isBusy()) return;
    displayed.add(number);
    setOpen(true);
  }, [isDue, number]);

  return [isOpen, setOpen] as const;
}
