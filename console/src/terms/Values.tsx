import type { ProblemError } from "../api/problems.ts";
import { Action } from "../design/Action.tsx";
import { Field, type InputProps } from "../design/Field.tsx";
import {
  AMOUNT_NAMES,
  AMOUNTS,
  type AmountName,
  GROUPS,
  OPTIONS,
  type OptionName,
  type Terms,
  termsByPath,
  valueText,
} from "./options.ts";
import { pathOfRow, type Row, rowOf } from "./rows.ts";
import "./terms.css";
import { nowText, texts } from "./texts.ts";

interface Props {
  rows: readonly Row[];
  /** What there is before the change, where that is known. */
  current?: Terms;
  /** The values that what is new must have. */
  required?: readonly string[];
  onChange: (rows: readonly Row[]) => void;
  /** Why they were refused. */
  problem: ProblemError | null;
}

const INTEREST = "amounts.interest";

/** The values that shall change; each is added first, so that only what is touched is sent. */
export function Values({ rows, current, required, onChange, problem }: Props) {
  const used = rows.map(({ name }) => name);
  const currencies = Object.keys(current?.amounts ?? {});
  const values = current && termsByPath(current);

  function add(name: string) {
    if (name !== "") onChange([...rows, rowOf(name, rows, currencies)]);
  }

  function hintOf(row: Row): string | undefined {
    if (values === undefined) return undefined;
    const value = values.get(pathOfRow(row));
    return nowText(value === undefined ? texts.notSetValue : valueText(value));
  }

  return (
    <>
      {rows.map((row, index) => (
        <ValueRow
          // biome-ignore lint/suspicious/noArrayIndexKey: an amount may have several rows, whose currencies are typed
          key={`${row.name} ${index}`}
          row={row}
          hint={hintOf(row)}
          isNew={required !== undefined}
          isRequired={required?.includes(row.name) ?? false}
          errors={problem?.of(pathOfRow(row)) ?? []}
          onChange={(next) => onChange(rows.with(index, next))}
          onRemove={() => onChange(rows.toSpliced(index, 1))}
        />
      ))}
      <Field label={required === undefined ? texts.addValue : texts.addNew}>
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
              {AMOUNT_NAMES.map((name) => (
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
  hint: string | undefined;
  /** Nothing was set before, so nothing can be taken away. */
  isNew: boolean;
  isRequired: boolean;
  errors: readonly string[];
  onChange: (row: Row) => void;
  onRemove: () => void;
}

function labelOfRow({ name }: Row): string {
  const [kind, key = ""] = name.split(".");
  return kind === "options" ? OPTIONS[key as OptionName].label : AMOUNTS[key as AmountName];
}

function ValueRow({ row, hint, isNew, isRequired, errors, onChange, onRemove }: RowProps) {
  const label = labelOfRow(row);
  return (
    <div className="value-row">
      <Field label={label} name={pathOfRow(row)} hint={hint} errors={errors}>
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
      {!isNew && (
        <label className="row choice-row">
          <input
            type="checkbox"
            checked={row.isNotSet}
            onChange={(event) => onChange({ ...row, isNotSet: event.target.checked })}
          />
          {texts.notSet}
          <span className="unseen">: {label}</span>
        </label>
      )}
      {!isRequired && (
        <Action look="quiet" onClick={onRemove}>
          {texts.remove}
          <span className="unseen"> {label}</span>
        </Action>
      )}
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
