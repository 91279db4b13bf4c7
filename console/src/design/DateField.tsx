import { firstOfNextMonth } from "../time/dates.ts";
import { Action } from "./Action.tsx";
import { Field } from "./Field.tsx";

interface Props {
  label: string;
  name: string;
  hint?: string;
  errors?: readonly string[];
  value: string;
  onChange: (day: string) => void;
  today: string;
}

/** A day, typed or taken from the usual ones. */
export function DateField({ label, name, hint, errors, value, onChange, today }: Props) {
  return (
    <div className="stack-tight">
      <Field label={label} name={name} hint={hint} errors={errors}>
        {(input) => <input {...input} type="date" value={value} onChange={(event) => onChange(event.target.value)} />}
      </Field>
      <div className="row">
        <Action className="chip" onClick={() => onChange(today)}>
          Today<span className="unseen">: {label}</span>
        </Action>
        <Action className="chip" onClick={() => onChange(firstOfNextMonth(today))}>
          1st of next month<span className="unseen">: {label}</span>
        </Action>
      </div>
    </div>
  );
}
