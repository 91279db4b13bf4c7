import { problemOf } from "../api/problems.ts";
import { useMe } from "../api/session.ts";
import { DateField } from "../design/DateField.tsx";
import { Field } from "../design/Field.tsx";
import { Notice } from "../design/Notice.tsx";
import { backDatedText, keepLaterText, texts } from "./changeTexts.ts";
import type { useChange } from "./useChange.ts";

const LONGEST_REASON = 200;

interface Props {
  form: ReturnType<typeof useChange>;
  /** How many versions begin after the change does. */
  later: number;
}

/** From when to when the change shall hold, and why. */
export function When({ form: { draft, setDraft, change, preview, error }, later }: Props) {
  const { today } = useMe();
  const problem = problemOf(error ?? preview.error);
  const errors = (name: string) => problem?.of(name) ?? [];
  const past = change === null ? null : (preview.data?.past ?? null);
  const isEnd = draft.act === "end";
  return (
    <>
      <fieldset className="stack">
        <legend>{texts.when}</legend>
        {!isEnd && (
          <DateField
            label={texts.from}
            name="effective_from"
            hint={texts.fromHint}
            errors={errors("effective_from")}
            value={draft.from}
            onChange={(from) => setDraft({ ...draft, from })}
            today={today}
          />
        )}
        <DateField
          label={isEnd ? texts.lastDay : texts.to}
          name="effective_to"
          hint={isEnd ? texts.lastDayHint : texts.toHint}
          errors={errors("effective_to")}
          value={draft.to}
          onChange={(to) => setDraft({ ...draft, to })}
          today={today}
        />
        {(later > 0 || draft.keepLater) && (
          <label className="row choice-row">
            <input
              type="checkbox"
              checked={draft.keepLater}
              onChange={(event) => setDraft({ ...draft, keepLater: event.target.checked })}
            />
            <span>
              {keepLaterText(later)} <span className="hint">{texts.keepLaterHint}</span>
            </span>
          </label>
        )}
        <div role="status">{past !== null && <Notice tone="warning">{backDatedText(past)}</Notice>}</div>
      </fieldset>
      <Field label={texts.reason} name="reason" hint={texts.reasonHint} errors={errors("reason")}>
        {(input) => (
          <input
            {...input}
            value={draft.reason}
            maxLength={LONGEST_REASON}
            required={past !== null}
            onChange={(event) => setDraft({ ...draft, reason: event.target.value })}
          />
        )}
      </Field>
    </>
  );
}
