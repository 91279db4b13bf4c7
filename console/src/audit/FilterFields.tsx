import { Field } from "../design/Field.tsx";
import { SOURCES } from "../history/texts.ts";
import { topicText } from "./changed.ts";
import type { Filters, Name } from "./filters.ts";
import { ROLES, texts } from "./texts.ts";
import { KINDS } from "./things.ts";
import { TOPICS } from "./topics.ts";

interface Props {
  filters: Filters;
  errorsOf: (name: Name) => readonly string[];
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** An input for each filter. */
export function FilterFields({ filters, errorsOf }: Props) {
  const about = (name: Name, hint?: string) => ({ name, label: texts[name], hint, errors: errorsOf(name) });
  const choice = (name: Name, choices: readonly (readonly [string, string])[]) => (
    <Field {...about(name)}>
      {(input) => (
        <select {...input} name={name} defaultValue={filters[name] ?? ""}>
          <option value="">{texts.any}</option>
          {choices.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
  const text = (name: Name, hint?: string) => (
    <Field {...about(name, hint)}>
      {(input) => <input {...input} name={name} defaultValue={filters[name] ?? ""} autoComplete="off" />}
    </Field>
  );
  // An instant in the address stays as it is written: only days can be chosen.
  const day = (name: Name, hint?: string) => {
    const value = filters[name] ?? "";
    const type = value === "" || DAY.test(value) ? "date" : "text";
    return (
      <Field {...about(name, hint)}>
        {(input) => <input {...input} type={type} name={name} defaultValue={value} />}
      </Field>
    );
  };
  return (
    <div className="audit-fields">
      {choice("kind", Object.entries(KINDS))}
      {text("key", texts.keyHint)}
      {text("actor")}
      {choice(
        "role",
        ROLES.map((role) => [role, role]),
      )}
      {choice("source", Object.entries(SOURCES))}
      {choice(
        "topic",
        TOPICS.map((topic) => [topic, topicText(topic)]),
      )}
      {text("field", texts.fieldHint)}
      {day("recorded_from")}
      {day("recorded_to")}
      {day("effective_from", texts.effectiveHint)}
      {day("effective_to", texts.effectiveHint)}
      {text("reason")}
      {text("correlation_id")}
      {text("causation_id")}
      <label className="row audit-flag">
        <input type="checkbox" name="back_dated" value="true" defaultChecked={filters.back_dated === "true"} />
        {texts.back_dated}
      </label>
    </div>
  );
}
