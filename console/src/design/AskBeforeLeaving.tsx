import { useEffect, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { Action } from "./Action.tsx";
import { Dialog } from "./Dialog.tsx";
import { askWith, isUnsaved, leave } from "./leaving.ts";

const TITLE = "Discard what you changed?";

interface Props {
  isOpen: boolean;
  onDiscard: () => void;
  onKeep: () => void;
}

/** Asks whether what was changed may be lost. */
export function AskBeforeLeaving({ isOpen, onDiscard, onKeep }: Props) {
  return (
    <Dialog title={TITLE} isOpen={isOpen} onClose={onKeep}>
      <div className="row">
        <Action look="primary" onClick={onKeep}>
          Keep editing
        </Action>
        <Action onClick={onDiscard}>Discard</Action>
      </div>
    </Dialog>
  );
}

/** Returns the link to another page that a click follows in this tab. */
function linkOf(event: MouseEvent): HTMLAnchorElement | null {
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return null;
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const staysHere = link === null || link.target !== "" || link.download !== "";
  return staysHere || link.pathname === window.location.pathname ? null : link;
}

/** The address of the page that is open. */
let here = window.location.href;
let isBackAgreed = false;

/** Asks before “Back” of the browser leads to another page. The address has changed by then, so that of the form is put back meanwhile. */
function onPopState(event: PopStateEvent) {
  const isSamePage = new URL(here).pathname === window.location.pathname;
  if (isBackAgreed || isSamePage || !isUnsaved()) {
    isBackAgreed = false;
    return;
  }
  event.stopImmediatePropagation();
  window.history.pushState(null, "", here);
  leave(() => {
    isBackAgreed = true;
    window.history.back();
  });
}

// Before the router listens, which would take the page of the form away: a window calls its listeners in the order in which they came.
window.addEventListener("popstate", onPopState);

/** Keeps the address of the page that is open. */
function useHere() {
  const [path] = useLocation();
  const search = useSearch();
  // biome-ignore lint/correctness/useExhaustiveDependencies: each page has another address
  useEffect(() => {
    here = window.location.href;
  }, [path, search]);
}

/** Asks before a link, “Back”, or whatever else leaves what was typed, leads to another page. Stands once in the console. */
export function LeavingGuard() {
  const [go, setGo] = useState<(() => void) | null>(null);

  useEffect(() => {
    let isAgreed = false;
    askWith((leaving) => setGo(() => leaving));

    function follow(link: HTMLAnchorElement) {
      isAgreed = true;
      link.click();
      isAgreed = false;
    }

    function onClick(event: MouseEvent) {
      const link = linkOf(event);
      if (link === null || isAgreed || !isUnsaved()) return;
      event.preventDefault();
      event.stopPropagation();
      leave(() => follow(link));
    }

    document.addEventListener("click", onClick, { capture: true });
    return () => {
      askWith(null);
      document.removeEventListener("click", onClick, { capture: true });
    };
  }, []);
  useHere();

  function discard() {
    setGo(null);
    go?.();
  }

  return <AskBeforeLeaving isOpen={go !== null} onDiscard={discard} onKeep={() => setGo(null)} />;
}
