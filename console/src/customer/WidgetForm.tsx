import { type KeyboardEvent, useEffect, useRef } from "react";
import { problemOf } from "../api/problems.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { useLeavingTab } from "../design/leaving.ts";
import { Notice } from "../design/Notice.tsx";
import { Problem } from "../design/Problem.tsx";
import { Tabs } from "../design/Tabs.tsx";
import { usePastReason } from "../shell/usePastReason.ts";
import { EffectiveDates } from "./EffectiveDates.tsx";
import { fieldsOf, type Widget, type WidgetField } from "./edits.ts";
import { byLabel } from "./sorting.ts";
import { fieldsChanged, notSaved, texts, widgetTexts } from "./texts.ts";
import { useUnmasked } from "./useUnmasked.ts";
import { type WidgetForm as State, useWidgetForm } from "./useWidgetForm.ts";
import { editId, WidgetRow } from "./WidgetRow.tsx";

interface Props {
  widget: Widget;
  isSorted: boolean;
  call?: string;
  onSaved?: (answer: Schema<"WriteAnswer">) => void;
}

/** The fields in their tabs, and the bar that saves them. The second tab is absent where no upload brought an optional field (rule 3.3). */
export function WidgetForm({ widget, isSorted, call, onSaved }: Props) {
  const form = useWidgetForm(widget, call, onSaved);
  const past = usePastReason();
  const { unmasked, show } = useUnmasked(widget.number);
  const refusals = new Map(
    fieldsOf(widget).map((field) => [field.key, field.may_edit ? past : (field.refusal ?? past)]),
  );
  const groups = form.seen.optional ? [form.seen.business, form.seen.optional] : [form.seen.business];
  const openKeys = Object.keys(form.edits);
  const refused = openKeys.map((key) => refusals.get(key) ?? null).find((refusal) => refusal !== null);
  const off = refused ? notSaved(refused) : form.isUndecided ? widgetTexts.chooseFirst : null;
  useFocusAfter(openKeys);
  useLeavingTab(form.count > 0);

  function row(field: WidgetField) {
    const refusal = refusals.get(field.key) ?? null;
    return <WidgetRow key={field.key} {...{ field, form, refusal }} unmasked={unmasked[field.key]} onShow={show} />;
  }

  return (
    <>
      <Tabs
        label={texts.widget}
        tabs={groups.map((group) => ({
          title: group.label,
          content: (
            // biome-ignore lint/a11y/noStaticElementInteractions: the keys come from the inputs inside
            <div
              className="fields"
              data-editing={openKeys.length > 0 || undefined}
              onKeyDown={savingWithEnter(form, off)}
            >
              {(isSorted ? byLabel(group.fields) : group.fields).map(row)}
            </div>
          ),
        }))}
      />
      {openKeys.length > 0 && (
        <>
          <EffectiveDates
            dates={form.dates}
            onChange={form.setDates}
            errorsOf={(name) => problemOf(form.error)?.of(name) ?? []}
            impact={form.impact}
            prefix="widget."
          />
          <SaveBar form={form} off={off} />
        </>
      )}
      <div role="status">{form.message !== null && <Notice tone="success">{form.message}</Notice>}</div>
    </>
  );
}

/** Enter saves from an input, Ctrl+Enter from everywhere. */
function savingWithEnter(form: State, off: string | null) {
  return (event: KeyboardEvent) => {
    const isField = event.target instanceof HTMLInputElement && event.target.type !== "radio";
    if (event.key !== "Enter" || !(isField || event.ctrlKey) || Object.keys(form.edits).length === 0) return;
    event.preventDefault();
    if (off === null && !form.isSaving) void form.save();
  };
}

/** The bar stays in sight, however long the list is. `off` says why nothing can be saved now. */
function SaveBar({ form, off }: { form: State; off: string | null }) {
  const errors = problemOf(form.error)?.problem.errors;
  const placed = errors?.some(({ field }) => field?.startsWith("fields.") || field?.startsWith("effective_"));
  return (
    <div className="stack-tight save-bar">
      {form.error && !placed && <Problem error={form.error} />}
      <div className="row">
        <span>{fieldsChanged(form.count)}</span>
        <Action look="primary" off={off} onClick={() => void form.save()}>
          {widgetTexts.save}
        </Action>
        <Action onClick={() => form.reset()}>{widgetTexts.cancel}</Action>
      </div>
    </div>
  );
}

/** Gives the focus to “Edit” of the first row that was open, once no row is open any more. */
function useFocusAfter(openKeys: string[]) {
  const first = useRef<string | null>(null);
  const key = openKeys[0] ?? null;
  useEffect(() => {
    if (key === null && first.current !== null && !document.activeElement?.closest("button, input, a")) {
      document.getElementById(editId(first.current))?.focus();
    }
    first.current = key === null ? null : (first.current ?? key);
  }, [key]);
}
