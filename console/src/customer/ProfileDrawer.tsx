import { useState } from "react";
import { problemOf } from "../api/problems.ts";
import { useMe } from "../api/session.ts";
import { Action } from "../design/Action.tsx";
import { AskBeforeLeaving, useLeavingTab } from "../design/AskBeforeLeaving.tsx";
import { DateField } from "../design/DateField.tsx";
import { Drawer as Frame } from "../design/Drawer.tsx";
import { Form } from "../design/Form.tsx";
import { Notice } from "../design/Notice.tsx";
import { CategoryField, fieldValue, focusCode, nameOf } from "./CategoryField.tsx";
import { DisplayVerdict } from "./DisplayVerdict.tsx";
import type { Drawer } from "./drawer.ts";
import { ERASED } from "./erased.ts";
import { merged, drawerTexts as texts } from "./texts.ts";
import { type Saved, useDrawerForm } from "./useDrawerForm.ts";

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

interface FormProps extends Pick<Props, "drawer" | "off" | "onSaved"> {
  onCancel: () => void;
  onChanged: (isChanged: boolean) => void;
}

/** Returns why nothing can be stored for this customer any more; null where it can. */
function goneText({ number, name }: Drawer, survivor: string | null): string | null {
  if (survivor !== null) return merged(number, survivor);
  return name === ERASED ? texts.erased : null;
}

/** The form inside the drawer, which stands alone in an agent desktop as well. */
export function DrawerForm({ drawer: initial, off, onSaved, onCancel, onChanged }: FormProps) {
  const form = useDrawerForm(initial, onSaved);
  const { today } = useMe();
  const problem = problemOf(form.error);
  const errors = (name: string) => problem?.of(name) ?? [];
  const names = [...form.drawer.categories.map(nameOf), "effective_from", "effective_to"];
  const gone = goneText(form.drawer, form.survivor);
  const reason = off ?? gone ?? (form.isUndecided ? texts.chooseFirst : null);

  return (
    <Form onSubmit={() => reason === null && !form.isSaving && void form.save()} error={form.error} names={names}>
      {gone !== null && (
        <Notice tone="warning" role="alert">
          {gone}
        </Notice>
      )}
      <DisplayVerdict display={form.drawer.display} categories={form.drawer.categories} />
      {form.drawer.categories.map((category) => (
        <CategoryField
          key={category.code}
          category={category}
          value={fieldValue(category, form.choices[category.code])}
          onChoose={(value) => {
            form.pick(category, value);
            onChanged(true);
          }}
          errors={errors(nameOf(category))}
          hasFocus={category.code === focusCode(initial.categories)}
          conflict={form.both[category.code]}
          meanwhile={form.meanwhile}
        />
      ))}
      <details>
        <summary>{texts.dates}</summary>
        <div className="stack">
          <DateField
            label={texts.from}
            name="effective_from"
            hint={texts.fromHint}
            errors={errors("effective_from")}
            value={form.dates.from}
            onChange={(from) => form.setDates({ ...form.dates, from })}
            today={today}
          />
          <DateField
            label={texts.to}
            name="effective_to"
            hint={texts.toHint}
            errors={errors("effective_to")}
            value={form.dates.to}
            onChange={(to) => form.setDates({ ...form.dates, to })}
            today={today}
          />
        </div>
      </details>
      <div className="row">
        <Action type="submit" look="primary" off={reason}>
          {texts.ok}
        </Action>
        <Action onClick={onCancel}>{texts.cancel}</Action>
      </div>
    </Form>
  );
}
