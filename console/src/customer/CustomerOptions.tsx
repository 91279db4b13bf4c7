import { useQuery } from "@tanstack/react-query";
import { type RefObject, useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { useRights } from "../api/session.ts";
import type { Schema } from "../api/types.ts";
import { leave } from "../design/leaving.ts";
import { Notice } from "../design/Notice.tsx";
import { Part } from "../design/Part.tsx";
import { usePastReason } from "../shell/usePastReason.ts";
import { withPoint } from "../time/point.ts";
import { usePoint } from "../time/usePoint.ts";
import { DELIVERIES } from "./Deliveries.tsx";
import { ERASED } from "./erased.ts";
import { texts as eraseTexts } from "./eraseTexts.ts";
import { MoreOptions, type Option } from "./MoreOptions.tsx";
import { ProfileDrawer } from "./ProfileDrawer.tsx";
import { pathOf } from "./paths.ts";
import { drawerQuery } from "./queries.ts";
import { SavedProfile } from "./SavedProfile.tsx";
import { pageTexts, drawerTexts as texts } from "./texts.ts";
import type { Saved } from "./useDrawerForm.ts";
import { useDrawerOpen } from "./useDrawerOpen.ts";

/** “More Options”, what it opens, and what was stored with the drawer's OK. */
export function CustomerOptions({ customer }: { customer: Schema<"Customer"> }) {
  const { number } = customer;
  const query = useQuery(drawerQuery(number, usePoint()));
  const may = useRights();
  const past = usePastReason();
  const button = useRef<HTMLButtonElement>(null);
  const [saved, setSaved] = useState<Saved | null>(null);
  const [isNumbersOpen, setNumbersOpen] = useState(false);
  const [isErasing, setErasing] = useState(false);
  const [erased, setErased] = useState<string | null>(null);
  const off = may("confirm_drawer") ? past : texts.mayNot;
  const [isOpen, setOpen] = useDrawerOpen(number, query.data, off === null);
  const links = useLinks(number);
  useFocusAfter(isOpen || isNumbersOpen || isErasing, button);

  const profileOff = query.data?.available === false ? texts.notAvailable : null;
  const options: Option[] = [
    { id: "profile", text: texts.profile, off: profileOff, onChoose: () => setOpen(true) },
    ...(may("add_alternate_number")
      ? [{ id: "numbers", text: pageTexts.numbers, off: past, onChoose: () => setNumbersOpen(true) }]
      : []),
    ...links,
    ...(may("erase_personal_data") && customer.name !== ERASED
      ? [{ id: "erase", text: eraseTexts.open, off: past, onChoose: () => setErasing(true) }]
      : []),
  ];
  return (
    <>
      <MoreOptions button={button} options={options} />
      {saved && <SavedProfile number={number} list={`#${DELIVERIES}`} saved={saved} />}
      {query.data && (
        <ProfileDrawer
          drawer={query.data}
          isOpen={isOpen}
          off={off}
          onClose={() => setOpen(false)}
          onSaved={(next) => {
            setSaved(next);
            setOpen(false);
          }}
        />
      )}
      {erased !== null && (
        <Notice tone="success" role="status">
          {erased}
        </Notice>
      )}
      {isErasing && (
        <Part name="EraseDialog" load={() => import("./EraseDialog.tsx")}>
          {({ EraseDialog }) => (
            <EraseDialog customer={customer} onClose={() => setErasing(false)} onErased={setErased} />
          )}
        </Part>
      )}
      {isNumbersOpen && (
        <Part name="NumbersDialog" load={() => import("./NumbersDialog.tsx")}>
          {({ NumbersDialog }) => <NumbersDialog customer={customer} onClose={() => setNumbersOpen(false)} />}
        </Part>
      )}
    </>
  );
}

/** Returns the options that are pages of their own. */
function useLinks(number: string): Option[] {
  const [, navigate] = useLocation();
  const may = useRights();
  const past = usePastReason();
  const point = usePoint();
  const to = (page: string) => () => leave(() => navigate(withPoint(`${pathOf(number)}/${page}`, point)));
  return [
    ...(may("merge_customers") ? [{ id: "merge", text: pageTexts.merge, off: past, onChoose: to("merge") }] : []),
    { id: "history", text: pageTexts.history, off: null, onChoose: to("history") },
    { id: "compare", text: pageTexts.compare, off: null, onChoose: to("compare") },
  ];
}

/** Gives the focus to the button once what it opened closes, however that was opened: it would be lost otherwise. */
function useFocusAfter(isOpen: boolean, button: RefObject<HTMLButtonElement | null>) {
  const wasOpen = useRef(false);
  useEffect(() => {
    if (wasOpen.current && !isOpen) button.current?.focus();
    wasOpen.current = isOpen;
  }, [isOpen, button]);
}
