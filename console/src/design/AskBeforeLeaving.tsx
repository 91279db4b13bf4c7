import { useEffect, useState } from "react";
import { Action } from "./Action.tsx";
import { Dialog } from "./Dialog.tsx";

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

/** Returns the link to another page that a click follows in this tab. */
function linkOf(event: MouseEvent): HTMLAnchorElement | null {
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return null;
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const staysHere = link === null || link.target !== "" || link.download !== "";
  return staysHere || link.pathname === window.location.pathname ? null : link;
}

/** Asks before a link, or whatever else leaves what was typed, leads to another page. Stands once in the console. */
export function LeavingGuard() {
  const [go, setGo] = useState<(() => void) | null>(null);

  useEffect(() => {
    let isAgreed = false;
    ask = (leaving) => setGo(() => leaving);

    function follow(link: HTMLAnchorElement) {
      isAgreed = true;
      link.click();
      isAgreed = false;
    }

    function onClick(event: MouseEvent) {
      const link = linkOf(event);
      if (link === null || isAgreed || unsaved.size === 0) return;
      event.preventDefault();
      event.stopPropagation();
      leave(() => follow(link));
    }

    document.addEventListener("click", onClick, { capture: true });
    return () => {
      ask = null;
      document.removeEventListener("click", onClick, { capture: true });
    };
  }, []);

  function discard() {
    setGo(null);
    go?.();
  }

  return <AskBeforeLeaving isOpen={go !== null} onDiscard={discard} onKeep={() => setGo(null)} />;
}
