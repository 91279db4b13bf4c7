import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { body, client } from "../api/client.ts";
import { problemOf } from "../api/problems.ts";
import { useRights } from "../api/session.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { Field } from "../design/Field.tsx";
import { Form } from "../design/Form.tsx";
import { Notice } from "../design/Notice.tsx";
import { mappingsQuery } from "./queries.ts";
import { savedAs, texts } from "./texts.ts";

type Delimiter = Schema<"SavedMapping">["delimiter"];

interface Props {
  columns: Readonly<Record<string, string>>;
  delimiter: Delimiter;
  header: boolean | null;
}

/** Saves where the columns go under a name, for the next file of this kind. */
export function SaveMapping({ columns, delimiter, header }: Props) {
  const queries = useQueryClient();
  const may = useRights();
  const [name, setName] = useState("");
  const [error, setError] = useState<Error | null>(null);
  const [saved, setSaved] = useState<string | null>(null);
  if (!may("save_upload_mapping")) return null;

  async function save() {
    setError(null);
    setSaved(null);
    try {
      const content = { columns, delimiter, header };
      await body(client.PUT("/v1/upload-mappings/{name}", { params: { path: { name } }, body: content }));
      setSaved(savedAs(name));
      await queries.invalidateQueries({ queryKey: mappingsQuery().queryKey });
    } catch (failure) {
      setError(failure as Error);
    }
  }

  return (
    <details>
      <summary>{texts.saveMapping}</summary>
      <Form names={["name"]} error={error} onSubmit={() => void save()}>
        <Field label={texts.mappingName} name="name" hint={texts.mappingNameHint} errors={problemOf(error)?.of("name")}>
          {(input) => <input {...input} value={name} onChange={(event) => setName(event.target.value.trim())} />}
        </Field>
        <div className="row">
          <Action type="submit" off={name === "" ? texts.mappingName : null}>
            {texts.save}
          </Action>
        </div>
        <div role="status">{saved && <Notice tone="success">{saved}</Notice>}</div>
      </Form>
    </details>
  );
}
