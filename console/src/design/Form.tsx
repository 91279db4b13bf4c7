import { type FormEvent, type KeyboardEvent, type ReactNode, useLayoutEffect, useRef } from "react";
import { problemOf } from "../api/problems.ts";
import type { ProblemDocument } from "../api/types.ts";
import { idOf } from "./Field.tsx";
import { Notice } from "./Notice.tsx";
import { Problem } from "./Problem.tsx";

interface Props {
  onSubmit: () => void;
  /** Why the last submission failed. */
  error?: Error | null;
  /** The paths of the values that this form has fields for; what the API says of them stands there. */
  names: readonly string[];
  /** What its fields have before these paths, where another form on the page has fields of the same name. */
  prefix?: string;
  children: ReactNode;
}

type FieldErrors = ProblemDocument["errors"];

/** A form that Ctrl+Enter submits, too. Errors stand at their fields; with two or more, a list of links to them gets the focus. */
export function Form({ onSubmit, error = null, names, prefix = "", children }: Props) {
  const { placed, others } = sorted(error, names);

  function submit(event: FormEvent) {
    event.preventDefault();
    onSubmit();
  }

  function onKeyDown(event: KeyboardEvent<HTMLFormElement>) {
    if (event.key !== "Enter" || !event.ctrlKey) return;
    event.preventDefault();
    event.currentTarget.requestSubmit();
  }

  return (
    <form className="stack" noValidate onSubmit={submit} onKeyDown={onKeyDown}>
      {placed.length > 1 && <Summary errors={placed} prefix={prefix} />}
      {error !== null && (placed.length === 0 || others) && <Problem error={error} />}
      {children}
    </form>
  );
}

/** Returns the errors that have a field here, and whether there are others. */
function sorted(error: Error | null, names: readonly string[]): { placed: FieldErrors; others: boolean } {
  const errors = problemOf(error)?.problem.errors ?? [];
  const placed = errors.filter(({ field }) => field !== null && names.includes(field));
  return { placed, others: placed.length < errors.length };
}

function Summary({ errors, prefix }: { errors: FieldErrors; prefix: string }) {
  const box = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new errors get the focus again
  useLayoutEffect(() => box.current?.focus(), [errors]);
  return (
    <div ref={box} tabIndex={-1}>
      <Notice tone="danger">
        <p>{errors.length} values need another look.</p>
        <ul>
          {errors.map(({ field, message }) => (
            <li key={`${field} ${message}`}>
              <a href={`#${idOf(`${prefix}${field}`)}`}>{message}</a>
            </li>
          ))}
        </ul>
      </Notice>
    </div>
  );
}
