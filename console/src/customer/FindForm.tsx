import { useQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useLocation, useSearch } from "wouter";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { Field, type InputProps } from "../design/Field.tsx";
import { usePoint } from "../time/usePoint.ts";
import { categoriesQuery, FIND_BY, type FindBy, type Wanted } from "./queries.ts";
import { maskedField, texts } from "./texts.ts";

const LABELS: Record<FindBy, string> = {
  name: texts.byName,
  number: texts.byNumber,
  alternate: texts.byAlternate,
  response: texts.byResponse,
  field: texts.byField,
};

/** The form of what customers are looked for by; `fields` are those that may be searched. */
export function FindForm({ by, text, field, fields }: Wanted & { fields: Schema<"FieldRead">[] }) {
  const [path, navigate] = useLocation();
  const search = useSearch();

  function put(values: Record<string, string>) {
    const parameters = new URLSearchParams(search);
    for (const [name, value] of Object.entries(values)) parameters.set(name, value);
    navigate(`${path}?${parameters}`);
  }

  function find(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const ofField: Record<string, string> = by === "field" ? { field: String(form.get("field")) } : {};
    put({ by, ...ofField, for: String(form.get("for")).trim() });
  }

  return (
    <form className="find" onSubmit={find}>
      <Field label={texts.findBy}>
        {(input) => (
          <select {...input} value={by} onChange={(event) => put({ by: event.target.value, for: "" })}>
            {FIND_BY.map((each) => (
              <option key={each} value={each}>
                {LABELS[each]}
              </option>
            ))}
          </select>
        )}
      </Field>
      {by === "field" && <FieldChoice key={fields.length} chosen={field} fields={fields} />}
      <Field label={by === "field" ? texts.value : LABELS[by]} hint={by === "field" ? texts.byFieldHint : undefined}>
        {(input) =>
          by === "response" ? (
            <Responses {...input} wanted={text} />
          ) : (
            <input {...input} name="for" defaultValue={text} />
          )
        }
      </Field>
      <Action type="submit" look="primary">
        {texts.find}
      </Action>
    </form>
  );
}

function FieldChoice({ chosen, fields }: { chosen: string; fields: Schema<"FieldRead">[] }) {
  return (
    <Field label={texts.field}>
      {(input) => (
        <select {...input} name="field" defaultValue={chosen} required>
          <option value="">{texts.chooseField}</option>
          {fields.map(({ key, label, masked }) => (
            <option key={key} value={key}>
              {masked ? maskedField(label) : label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function Responses({ wanted, ...input }: { wanted: string } & InputProps) {
  const { data } = useQuery(categoriesQuery(usePoint()));
  return (
    <select {...input} name="for" key={data ? "loaded" : "loading"} defaultValue={wanted}>
      <option value="">{texts.chooseResponse}</option>
      {data?.items.map((category) => (
        <optgroup key={category.code} label={category.description}>
          {category.responses.map((response) => (
            <option key={response.code} value={`${category.code}:${response.code}`}>
              {response.description}
            </option>
          ))}
        </optgroup>
      ))}
    </select>
  );
}
