import { problemOf } from "../api/problems.ts";
import { Action } from "../design/Action.tsx";
import { Form } from "../design/Form.tsx";
import { Notice } from "../design/Notice.tsx";
import { AnswerOrigin } from "./AnswerOrigin.tsx";
import { CategoryField, fieldValue, focusCode, nameOf } from "./CategoryField.tsx";
import { DisplayVerdict } from "./DisplayVerdict.tsx";
import type { Drawer } from "./drawer.ts";
import { EffectiveDates } from "./EffectiveDates.tsx";
import { ERASED } from "./erased.ts";
import { merged, drawerTexts as texts } from "./texts.ts";
import { type Saved, useDrawerForm } from "./useDrawerForm.ts";

interface Props {
  drawer: Drawer;
  /** Why nothing can be stored here; null where it can. */
  off: string | null;
  onSaved: (saved: Saved) => void;
  onCancel: () => void;
  onChanged: (isChanged: boolean) => void;
}

/** Returns why nothing can be stored for this customer any more; null where it can. */
function goneText({ number, name }: Drawer, survivor: string | null): string | null {
  if (survivor !== null) return merged(number, survivor);
  return name === ERASED ? texts.erased : null;
}

/** The form inside the drawer, which stands alone in an agent desktop as well. */
export function DrawerForm({ drawer: initial, off, onSaved, onCancel, onChanged }: Props) {
  const form = useDrawerForm(initial, onSaved);
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
        <div key={category.code} className="stack-tight">
          <CategoryField
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
          <AnswerOrigin number={form.drawer.number} category={category} />
        </div>
      ))}
      <EffectiveDates dates={form.dates} onChange={form.setDates} errorsOf={errors} impact={form.impact} />
      <div className="row">
        <Action type="submit" look="primary" off={reason}>
          {texts.ok}
        </Action>
        <Action onClick={onCancel}>{texts.cancel}</Action>
      </div>
    </Form>
  );
}
