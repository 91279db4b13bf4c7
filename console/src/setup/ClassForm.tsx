import { problemOf } from "../api/problems.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { Field, idOf } from "../design/Field.tsx";
import { Form } from "../design/Form.tsx";
import { Notice } from "../design/Notice.tsx";
import { Stale } from "../design/Stale.tsx";
import { labelOf } from "../terms/options.ts";
import { areFilled, pathOfRow } from "../terms/rows.ts";
import { Values } from "../terms/Values.tsx";
import { APPLY_TO, type ApplyTo, texts as classTexts } from "./classTexts.ts";
import { texts } from "./texts.ts";
import { useClassForm } from "./useClassForm.ts";
import { useRefusal } from "./useRefusal.ts";

interface Props {
  profileClass: Schema<"ClassRead">;
  /** Who made the present version, and when, where that is known. */
  change: Schema<"ClassVersion"> | undefined;
}

/** Changes a class, and asks for which profiles that counts (rule 2.15). */
export function ClassForm({ profileClass, change }: Props) {
  const form = useClassForm(profileClass);
  const refusal = useRefusal("change_profile_class");
  const { draft } = form;
  const problem = problemOf(form.error);
  const off = reasonAgainst(form);
  if (refusal !== null) return <p className="muted">{refusal}</p>;
  return (
    <Form
      names={["description", "apply_to", "reason", ...draft.rows.map(pathOfRow)]}
      error={form.error}
      onSubmit={() => off === null && void form.save()}
    >
      {form.isStale && <Action onClick={form.takeOver}>{texts.takeOver}</Action>}
      <div role="status">
        {!form.isStale && form.isBehind && (
          <Stale change={change} fields={fieldsOf(change, form.seen)} onShow={form.takeOver} />
        )}
      </div>
      <Field label={texts.description} name="description" errors={problem?.of("description")}>
        {(input) => (
          <input
            {...input}
            value={draft.description ?? profileClass.description}
            onChange={(event) => form.put({ description: event.target.value })}
          />
        )}
      </Field>
      <Values rows={draft.rows} current={profileClass} onChange={(rows) => form.put({ rows })} problem={problem} />
      {draft.rows.length > 0 && (
        <ApplyToChoice
          value={draft.applyTo}
          errors={problem?.of("apply_to") ?? []}
          onChoose={(applyTo) => form.put({ applyTo })}
        />
      )}
      <Field label={texts.reason} name="reason" errors={problem?.of("reason")}>
        {(input) => (
          <input {...input} value={draft.reason} onChange={(event) => form.put({ reason: event.target.value })} />
        )}
      </Field>
      <div className="row">
        <Action type="submit" look="primary" off={off}>
          {classTexts.nextVersion}
        </Action>
      </div>
      <div role="status">{form.message !== null && <Notice tone="success">{form.message}</Notice>}</div>
    </Form>
  );
}

/** Returns the labels of what the version after the one that was seen has changed; none where there were several. */
function fieldsOf(change: Schema<"ClassVersion"> | undefined, seen: number): string[] {
  const paths = change?.version === seen + 1 ? change.changed : [];
  return paths.map((path) => (path.includes(".") ? labelOf(path) : path));
}

/** Returns why the change cannot be saved yet, or null where it can. */
function reasonAgainst({ draft, isChanged }: ReturnType<typeof useClassForm>): string | null {
  if (!isChanged) return classTexts.nothingYet;
  if (!areFilled(draft.rows)) return classTexts.incomplete;
  return draft.rows.length > 0 && draft.applyTo === null ? classTexts.chooseApplyTo : null;
}

interface ChoiceProps {
  value: ApplyTo | null;
  errors: readonly string[];
  onChoose: (value: ApplyTo) => void;
}

function ApplyToChoice({ value, errors, onChoose }: ChoiceProps) {
  return (
    <fieldset className="choices" id={idOf("apply_to")} tabIndex={-1}>
      <legend>{classTexts.applyTo}</legend>
      {(Object.keys(APPLY_TO) as ApplyTo[]).map((each) => (
        <label key={each} className="row">
          <input type="radio" name="apply_to" checked={value === each} onChange={() => onChoose(each)} />
          {APPLY_TO[each]}
        </label>
      ))}
      {errors.length > 0 && <p className="error">{errors.join(" ")}</p>}
    </fieldset>
  );
}
