/** Leaving what was typed: forms say that something would be lost, and whoever leads elsewhere leaves by way of a question. */

import { useEffect } from "react";

const unsaved = new Set<object>();
let ask: ((go: () => void) => void) | null = null;

/** Lets those who leave be asked before: those who close the tab by the browser, those who follow a link or use `leave` by the guard. */
export function useLeavingTab(isChanged: boolean): void {
  useEffect(() => {
    if (!isChanged) return;
    const form = {};
    const onUnload = (event: BeforeUnloadEvent) => event.preventDefault();
    unsaved.add(form);
    window.addEventListener("beforeunload", onUnload);
    return () => {
      unsaved.delete(form);
      window.removeEventListener("beforeunload", onUnload);
    };
  }, [isChanged]);
}

/** Leaves a form or the page: at once where there is nothing to lose, else after the question. */
export function leave(go: () => void): void {
  if (unsaved.size === 0 || ask === null) go();
  else ask(go);
}

/** Returns whether something would be lost. */
export function isUnsaved(): boolean {
  return unsaved.size > 0;
}

/** Has this asked before something is lost; null: nothing is asked. */
export function askWith(question: ((go: () => void) => void) | null): void {
  ask = question;
}
