import { problemOf } from "../api/problems.ts";
import { Action } from "../design/Action.tsx";
import { Field, type InputProps } from "../design/Field.tsx";
import { texts } from "./changeTexts.ts";
import { pathOfRow, type Row } from "./draft.ts";
import { AMOUNT_NAMES, AMOUNTS, type AmountName, GROUPS, OPTIONS, type OptionName } from "./options.ts";
import type { useChange } from "./useChange.ts";

interface Props {
  form: ReturnType<typeof useChange>;
}

const USUAL_CURRENCY = "USD";
const INTEREST = "amounts.interest";

/** The values that shall change; each is added first, so that only what is touched is sent. */
export function Values({ form: { draft, setDraft, preview, error } }: Props) {
  const problem = problemOf(error ?? preview.error);
  const put = (rows: readonly Row[]) => setDraft({ ...draft, rows });
  const used = draft.rows.map(({ name }) => name);

  function add(name: string) {
    if (name === "") return;
    const currency = name.startsWith("amounts.") ? USUAL_CURRENCY : "";
    put([...draft.rows, { name, currency, text: "", isNotSet: false, unit: "rate" }]);
  }

  return (
    <>
      {draft.rows.map((row, index) => (
        <ValueRow
          key={row.name}
          row={row}
          errors={problem?.of(pathOfRow(row)) ?? []}
          onChange={(next) => put(draft.rows.with(index, next))}
          onRemove={() => put(draft.rows.toSpliced(index, 1))}
        />
      ))}
      <Field label={texts.addValue}>
        {(input) => (
          <select {...input} value="" onChange={(event) => add(event.target.value)}>
            <option value="">{texts.choose}</option>
            {GROUPS.map(([group, names]) => (
              <optgroup key={group} label={group}>
                {names
                  .filter((name) => !used.includes(`options.${name}`))
                  .map((name) => (
                    <option key={name} value={`options.${name}`}>
                      {OPTIONS[name].label}
                    </option>
                  ))}
              </optgroup>
            ))}
            <optgroup label={texts.amounts}>
              {AMOUNT_NAMES.filter((name) => !used.includes(`amounts.${name}`)).map((name) => (
                <option key={name} value={`amounts.${name}`}>
                  {AMOUNTS[name]}
                </option>
              ))}
            </optgroup>
          </select>
        )}
      </Field>
    </>
  );
}

interface RowProps {
  row: Row;
  errors: readonly string[];
  onChange: (row: Row) => void;
  onRemove: () => void;
}

function labelOfRow({ name }: Row): string {
  const [kind, key = ""] = name.split(".");
  return kind === "options" ? OPTIONS[key as OptionName].label : AMOUNTS[key as AmountName];
}

function ValueRow({ row, errors, onChange, onRemove }: RowProps) {
  const label = labelOfRow(row);
  return (
    <div className="value-row">
      <Field label={label} name={pathOfRow(row)} errors={errors}>
        {(input) => <ValueInput row={row} input={input} onChange={(text) => onChange({ ...row, text })} />}
      </Field>
      {row.name.startsWith("amounts.") && (
        <Field label={texts.currency}>
          {(input) => (
            <input
              {...input}
              value={row.currency}
              maxLength={3}
              onChange={(event) => onChange({ ...row, currency: event.target.value })}
            />
          )}
        </Field>
      )}
      {row.name === INTEREST && (
        <Field label={texts.unit}>
          {(input) => (
            <select
              {...input}
              value={row.unit}
              onChange={(event) => onChange({ ...row, unit: event.target.value === "rate" ? "rate" : "amount" })}
            >
              <option value="rate">{texts.rate}</option>
              <option value="amount">{texts.fixed}</option>
            </select>
          )}
        </Field>
      )}
      <label className="row choice-row">
        <input
          type="checkbox"
          checked={row.isNotSet}
          onChange={(event) => onChange({ ...row, isNotSet: event.target.checked })}
        />
        {texts.notSet}
        <span className="unseen">: {label}</span>
      </label>
      <Action look="quiet" onClick={onRemove}>
        {texts.remove}
        <span className="unseen"> {label}</span>
      </Action>
    </div>
  );
}

interface InputsProps {
  row: Row;
  input: InputProps;
  onChange: (text: string) => void;
}

function ValueInput({ row, input, onChange }: InputsProps) {
  const [kindOf, key = ""] = row.name.split(".");
  const kind = kindOf === "options" ? OPTIONS[key as OptionName].kind : "percent";
  const shared = { ...input, value: row.isNotSet ? "" : row.text, disabled: row.isNotSet };
  if (kind === "flag" || typeof kind === "object") {
    const choices = kind === "flag" ? [texts.yes, texts.no] : kind;
    return (
      <select {...shared} onChange={(event) => onChange(event.target.value)}>
        <option value="">{texts.choose}</option>
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {choice.replaceAll("_", " ")}
          </option>
        ))}
      </select>
    );
  }
  return (
    <input
      {...shared}
      type={kind === "day" ? "date" : "text"}
      inputMode={kind === "days" ? "numeric" : kind === "percent" ? "decimal" : undefined}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
