import type { KeyboardEvent } from "react";
import { useMe } from "../api/session.ts";
import type { InputProps } from "../design/Field.tsx";
import { instantIn, localIn } from "../time/dates.ts";
import type { WidgetField } from "./edits.ts";
import { widgetTexts as texts } from "./texts.ts";

interface Props {
  field: WidgetField;
  input: InputProps;
  value: string;
  onType: (text: string) => void;
  /** What was typed cannot be saved now, but stays to be read. */
  isFrozen: boolean;
  onKeyDown: (event: KeyboardEvent) => void;
}

const TYPES: Readonly<Record<string, string>> = {
  date: "date",
  datetime: "datetime-local",
  phone: "tel",
  email: "email",
};
const NUMBERS = ["integer", "decimal"];

/** The input for a value of a field's type. */
export function ValueInput({ field, input, value, onType, isFrozen, onKeyDown }: Props) {
  const { time_zone } = useMe();
  if (field.type === "choice") {
    return (
      <select
        {...input}
        value={value}
        aria-disabled={isFrozen || undefined}
        onKeyDown={onKeyDown}
        onChange={(event) => !isFrozen && onType(event.target.value)}
      >
        {(!field.required || value === "") && <option value="">{texts.empty}</option>}
        {field.choices.map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    );
  }
  const isInstant = field.type === "datetime";
  const isLocal = isInstant && !Number.isNaN(Date.parse(value));
  return (
    <input
      {...input}
      type={TYPES[field.type] ?? "text"}
      inputMode={NUMBERS.includes(field.type) ? "decimal" : undefined}
      step={isInstant ? 1 : undefined}
      value={isLocal ? localIn(time_zone, value) : value}
      readOnly={isFrozen}
      onKeyDown={onKeyDown}
      onChange={(event) => {
        const typed = event.target.value;
        onType(isInstant && typed !== "" ? instantIn(time_zone, typed) : typed);
      }}
    />
  );
}
