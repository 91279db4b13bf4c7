import { problemOf } from "../api/problems.ts";
import { Action } from "../design/Action.tsx";
import { Field, type InputProps } from "../design/Field.tsx";
import { Form } from "../design/Form.tsx";
import { Notice } from "../design/Notice.tsx";
import { Stale } from "../design/Stale.tsx";
import { type Member, type Value, words } from "./members.ts";
import { texts, theirs } from "./texts.ts";
import { type Definition, useDefinition } from "./useDefinition.ts";

interface Props extends Definition {
  members: readonly Member[];
  submitLabel: string;
  prefix?: string;
  /** Why nothing can be changed, or null where it can. */
  off: string | null;
  /** Who made the present version, and when, where that is known. */
  change?: { actor: string; recorded_at: string };
}

/** The form of a definition. Only what was changed is sent, so that what others changed meanwhile stays. */
export function DefinitionForm({ members, submitLabel, prefix = "", off, change, ...definition }: Props) {
  const form = useDefinition(definition);
  const isStale = problemOf(form.error, "stale-version") !== null;
  const theirLabels = members.filter(({ name }) => name in form.theirs).map(({ label }) => label);
  const names = [...members.map(({ name }) => name), "reason"];
  return (
    <Form names={names} prefix={prefix} error={form.error} onSubmit={() => off === null && void form.submit()}>
      {isStale && <Action onClick={form.takeOver}>{texts.takeOver}</Action>}
      <div role="status">
        {!isStale && form.isBehind && <Stale change={change} fields={theirLabels} onShow={form.takeOver} />}
      </div>
      {members.map((member) => {
        const { name, label, hint } = member;
        const isFixed = member.isFixed && !definition.isNew;
        const other = name in form.theirs ? theirs(words(form.theirs[name])) : undefined;
        return (
          <Field
            key={name}
            label={label}
            name={`${prefix}${name}`}
            hint={[isFixed ? texts.fixed : hint, other].filter(Boolean).join(" ")}
            errors={problemOf(form.error)?.of(name)}
          >
            {(input) => (
              <MemberInput
                member={member}
                input={input}
                value={form.now[name] ?? ""}
                isReadOnly={off !== null || isFixed === true}
                onType={(value) => form.type(name, value)}
              />
            )}
          </Field>
        );
      })}
      {off === null && (
        <Field label={texts.reason} name={`${prefix}reason`} errors={problemOf(form.error)?.of("reason")}>
          {(input) => <input {...input} value={form.reason} onChange={(event) => form.setReason(event.target.value)} />}
        </Field>
      )}
      <div className="row">
        <Action type="submit" look="primary" off={off}>
          {submitLabel}
        </Action>
      </div>
      <div role="status">{form.message !== null && <Notice tone="success">{form.message}</Notice>}</div>
    </Form>
  );
}

interface InputOfMember {
  member: Member;
  input: InputProps;
  value: Value;
  isReadOnly: boolean;
  onType: (value: Value) => void;
}

function MemberInput({ member, input, value, isReadOnly, onType }: InputOfMember) {
  const choices = member.kind === "flag" ? FLAGS : member.choices;
  if (choices !== undefined && !isReadOnly) {
    return (
      <select
        {...input}
        value={String(value)}
        onChange={({ target }) => onType(member.kind === "flag" ? target.value === "true" : target.value)}
      >
        {choices.map(([choice, label]) => (
          <option key={choice} value={choice}>
            {label}
          </option>
        ))}
      </select>
    );
  }
  if (member.kind === "lines" && Array.isArray(value)) {
    return (
      <textarea
        {...input}
        rows={4}
        readOnly={isReadOnly}
        value={value.join("\n")}
        onChange={({ target }) => onType(target.value === "" ? [] : target.value.split("\n"))}
      />
    );
  }
  const label = choices?.find(([choice]) => choice === String(value))?.[1];
  return (
    <input
      {...input}
      readOnly={isReadOnly}
      inputMode={member.kind === "number" ? "numeric" : undefined}
      value={label ?? String(value)}
      onChange={({ target }) => onType(numberOr(target.value, member.kind))}
    />
  );
}

const FLAGS = [
  ["true", "Yes"],
  ["false", "No"],
] as const;

/** Returns a number where one was typed; anything else is left for the API to refuse by name. */
function numberOr(text: string, kind: Member["kind"]): Value {
  return kind === "number" && /^-?\d{1,9}$/.test(text) ? Number(text) : text;
}
