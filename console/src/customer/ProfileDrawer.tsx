import { useState } from "react";
import { AskBeforeLeaving } from "../design/AskBeforeLeaving.tsx";
import { Drawer as Frame } from "../design/Drawer.tsx";
import { useLeavingTab } from "../design/leaving.ts";
import { DrawerForm } from "./DrawerForm.tsx";
import type { Drawer } from "./drawer.ts";
import type { Saved } from "./useDrawerForm.ts";

interface Props {
  drawer: Drawer;
  isOpen: boolean;
  /** Why nothing can be stored here; null where it can. */
  off: string | null;
  onClose: () => void;
  onSaved: (saved: Saved) => void;
}

/** The Customer Profile drawer at the right edge; its title is the customer's name and number (rule 1.10). */
export function ProfileDrawer({ isOpen, ...rest }: Props) {
  // Each opening begins anew, with what is stored by then.
  return isOpen ? <OpenDrawer {...rest} /> : null;
}

function OpenDrawer({ onClose, ...rest }: Omit<Props, "isOpen">) {
  const [isChanged, setChanged] = useState(false);
  const [isAsking, setAsking] = useState(false);
  // It stays that of the customer that was opened, whatever becomes of that one.
  const [title] = useState(rest.drawer.title);
  useLeavingTab(isChanged);
  const close = () => (isChanged ? setAsking(true) : onClose());
  return (
    <Frame title={title} isOpen onClose={close}>
      <DrawerForm {...rest} onCancel={close} onChanged={setChanged} />
      <AskBeforeLeaving isOpen={isAsking} onDiscard={onClose} onKeep={() => setAsking(false)} />
    </Frame>
  );
}
