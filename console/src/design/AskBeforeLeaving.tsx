import { useEffect } from "react";
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

/** Lets the browser ask before its tab is closed while there are changes. */
export function useLeavingTab(isChanged: boolean): void {
  useEffect(() => {
    if (!isChanged) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [isChanged]);
}
