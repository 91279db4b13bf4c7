import { Lock } from "lucide-react";
import { type KeyboardEvent, useLayoutEffect, useRef } from "react";
import { flushSync } from "react-dom";
import { problemOf } from "../api/problems.ts";
import { Action } from "../design/Action.tsx";
import { Copy } from "../design/Copy.tsx";
import { Field } from "../design/Field.tsx";
import type { WidgetField } from "./edits.ts";
import { FieldConflict } from "./FieldConflict.tsx";
import { FieldValue } from "./FieldValue.tsx";
import { widgetTexts as texts } from "./texts.ts";
import type { WidgetForm } from "./useWidgetForm.ts";
import { ValueInput } from "./ValueInput.tsx";

interface Props {
  field: WidgetField;
  form: WidgetForm;
  /** Why the field cannot be edited now; null where it can. */
  refusal: string | null;
  /** The value of a masked field, once it was shown. */
  unmasked?: string | null;
  onShow?: () => void;
}

/** One field: its value with “Edit”, or the input, or both values where somebody else changed it meanwhile. */
export function WidgetRow({ field, form, refusal, unmasked, onShow }: Props) {
  const conflict = form.conflicts[field.key];
  const typed = form.edits[field.key];
  if (conflict) return <FieldConflict conflict={conflict} onPick={(picked) => form.pick(field, picked)} />;
  if (typed !== undefined) return <OpenRow {...{ field, form, refusal, typed }} />;
  return (
    <div className="field-row">
      <FieldValue number={form.seen.number} field={field} unmasked={unmasked} onShow={onShow} />
      <EditButton field={field} refusal={refusal} onEdit={() => form.open(field)} />
    </div>
  );
}

/** Returns the id of a row's “Edit”, where the focus goes when editing ends. */
export function editId(key: string): string {
  return `edit-${key}`;
}

function EditButton({ field, refusal, onEdit }: { field: WidgetField; refusal: string | null; onEdit: () => void }) {
  if (refusal !== null) {
    return (
      <span className="hint" title={refusal}>
        <Lock aria-hidden="true" size={14} />
        <span className="unseen">{refusal}</span>
      </span>
    );
  }
  return (
    <Action look="quiet" id={editId(field.key)} onClick={onEdit}>
      {texts.edit}
      <span className="unseen"> {field.label}</span>
    </Action>
  );
}

function OpenRow({
  field,
  form,
  refusal,
  typed,
}: Required<Pick<Props, "field" | "form" | "refusal">> & { typed: string }) {
  const row = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => row.current?.querySelector<HTMLElement>("input, select")?.focus(), []);
  const name = `fields.${field.key}`;
  const errors = refusal === null ? (problemOf(form.error)?.of(name) ?? []) : [refusal];

  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    flushSync(() => form.close(field));
    document.getElementById(editId(field.key))?.focus();
  }

  return (
    <div ref={row}>
      <Field label={field.label} name={name} errors={errors}>
        {(input) => (
          <ValueInput
            field={field}
            input={input}
            value={typed}
            onType={(text) => form.type(field, text)}
            isFrozen={refusal !== null}
            onKeyDown={onKeyDown}
          />
        )}
      </Field>
      {refusal !== null && (
        <Copy text={typed}>
          {texts.copyTyped}
          <span className="unseen">: {field.label}</span>
        </Copy>
      )}
    </div>
  );
}
