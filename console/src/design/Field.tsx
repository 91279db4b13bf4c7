import { type ReactNode, useId } from "react";

/** What an input needs to be tied to its label, hint and errors. */
export interface InputProps {
  id: string;
  className: string;
  "aria-describedby"?: string;
  "aria-invalid"?: true;
}

/** Returns the id of the input for the value that the API names so. */
export function idOf(name: string): string {
  return `field-${name}`;
}

interface Props {
  label: string;
  /** The path under which the API names it in errors: `responses.1`. */
  name?: string;
  hint?: ReactNode;
  errors?: readonly string[];
  children: (input: InputProps) => ReactNode;
}

/** A labelled input: label above, hint below, errors below that. */
export function Field({ label, name, hint, errors = [], children }: Props) {
  const generated = useId();
  const id = name === undefined ? generated : idOf(name);
  const wrong = errors.length > 0;
  const described = [hint ? `${id}-hint` : "", wrong ? `${id}-error` : ""].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        className: "input",
        "aria-describedby": described || undefined,
        "aria-invalid": wrong || undefined,
      })}
      {hint && (
        <div id={`${id}-hint`} className="hint">
          {hint}
        </div>
      )}
      {wrong && (
        <div id={`${id}-error`} className="error">
          {errors.join(" ")}
        </div>
      )}
    </div>
  );
}
