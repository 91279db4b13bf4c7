import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Action } from "./Action.tsx";
import { Dialog } from "./Dialog.tsx";

interface Props {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
}

/** A dialog at the right edge, over the full height. */
export function Drawer({ title, isOpen, onClose, children }: Props) {
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose} className="drawer">
      {children}
      <Action look="quiet" className="drawer-close" aria-label="Close" onClick={onClose}>
        <X aria-hidden="true" size={16} />
      </Action>
    </Dialog>
  );
}
