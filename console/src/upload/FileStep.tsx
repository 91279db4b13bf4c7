import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Action } from "../design/Action.tsx";
import { Field } from "../design/Field.tsx";
import { Form } from "../design/Form.tsx";
import { mappingsQuery } from "./queries.ts";
import { sizeText, texts } from "./texts.ts";
import { COLUMNS, type NewUpload } from "./useNewUpload.ts";

/** Chooses the file, and a saved mapping for it. */
export function FileStep({ upload }: { upload: NewUpload }) {
  const { file, mapping } = upload;
  const [isAsked, setAsked] = useState(false);
  const missing = file === null ? texts.fileFirst : file.content.size === 0 ? texts.fileEmpty : null;

  function next() {
    setAsked(true);
    if (missing === null) upload.setStep(COLUMNS);
  }

  return (
    <Form names={[]} onSubmit={next}>
      <Field label={texts.file} hint={texts.fileHint} errors={isAsked && missing !== null ? [missing] : []}>
        {(input) => (
          <input
            {...input}
            className="input drop"
            type="file"
            accept=".csv,.txt,.tsv,.psv,.json,.jsonl,.ndjson,text/*"
            onChange={({ target: { files } }) => {
              const chosen = files?.[0];
              if (chosen) upload.choose({ id: crypto.randomUUID(), name: chosen.name, content: chosen });
            }}
          />
        )}
      </Field>
      {file && (
        <p>
          {file.name}, {sizeText(file.content.size)}
        </p>
      )}
      <Mappings value={mapping} onChoose={upload.chooseMapping} />
      <div className="row">
        <Action type="submit" look="primary">
          {texts.next}
        </Action>
      </div>
    </Form>
  );
}

function Mappings({ value, onChoose }: { value: string | null; onChoose: (name: string | null) => void }) {
  const { data } = useQuery(mappingsQuery());
  return (
    <Field label={texts.mapping} hint={texts.mappingHint}>
      {(input) => (
        <select {...input} value={value ?? ""} onChange={(event) => onChoose(event.target.value || null)}>
          <option value="">{texts.noMapping}</option>
          {data?.items.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
    </Field>
  );
}
