import { useQuery } from "@tanstack/react-query";
import { type RefObject, useEffect, useRef, useState } from "react";
import { useRights } from "../api/session.ts";
import { usePastReason } from "../shell/usePastReason.ts";
import { usePoint } from "../time/usePoint.ts";
import { MoreOptions } from "./MoreOptions.tsx";
import { ProfileDrawer } from "./ProfileDrawer.tsx";
import { drawerQuery } from "./queries.ts";
import { SavedProfile } from "./SavedProfile.tsx";
import { drawerTexts as texts } from "./texts.ts";
import type { Saved } from "./useDrawerForm.ts";
import { useDrawerOpen } from "./useDrawerOpen.ts";

/** “More Options”, the drawer that “Profile” opens, and what was stored with its OK. */
export function CustomerDrawer({ number }: { number: string }) {
  const query = useQuery(drawerQuery(number, usePoint()));
  const may = useRights();
  const past = usePastReason();
  const button = useRef<HTMLButtonElement>(null);
  const [saved, setSaved] = useState<{ answer: Saved; before: number } | null>(null);
  const off = may("confirm_drawer") ? past : texts.mayNot;
  const [isOpen, setOpen] = useDrawerOpen(number, query.data, off === null);
  useFocusAfter(isOpen, button);

  return (
    <>
      <MoreOptions button={button} isAvailable={query.data?.available ?? false} onProfile={() => setOpen(true)} />
      {saved && <SavedProfile number={number} {...saved} />}
      {query.data && (
        <ProfileDrawer
          drawer={query.data}
          isOpen={isOpen}
          off={off}
          onClose={() => setOpen(false)}
          onSaved={(answer, before) => {
            setSaved({ answer, before });
            setOpen(false);
          }}
        />
      )}
    </>
  );
}

/** Gives the focus to the button once the drawer closes, however it was opened: it would be lost otherwise. */
function useFocusAfter(isOpen: boolean, button: RefObject<HTMLButtonElement | null>) {
  const wasOpen = useRef(false);
  useEffect(() => {
    if (wasOpen.current && !isOpen) button.current?.focus();
    wasOpen.current = isOpen;
  }, [isOpen, button]);
}
