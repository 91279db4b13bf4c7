import { Action } from "../design/Action.tsx";
import { Field } from "../design/Field.tsx";
import { Notice } from "../design/Notice.tsx";
import type { Preview } from "./queries.ts";
import { type ContactFile, type Encoding, inUtf8, isConvertible } from "./reading.ts";
import { asFound, DELIMITERS, ENCODINGS, texts } from "./texts.ts";
import type { NewUpload } from "./useNewUpload.ts";

interface Props {
  upload: NewUpload;
  file: ContactFile;
  preview: Preview;
}

/** How the file is read: as found, unless somebody says otherwise. */
export function ReadAs({ upload, file, preview }: Props) {
  const { overrides } = upload;
  const { found, read_as } = preview;
  return (
    <fieldset className="read-as">
      <legend className="label">{texts.readAs}</legend>
      <Override
        label={texts.encoding}
        found={found.encoding}
        value={overrides.encoding}
        choices={ENCODINGS.map((encoding) => [encoding, encoding])}
        onChoose={(encoding) => upload.readAs({ encoding: encoding as Encoding | null })}
      />
      {read_as.delimiter === null ? (
        <p>JSON lines</p>
      ) : (
        <>
          <Override
            label={texts.delimiter}
            found={DELIMITERS[found.delimiter ?? ""] ?? "none"}
            value={overrides.delimiter}
            choices={Object.entries(DELIMITERS)}
            onChoose={(delimiter) => upload.readAs({ delimiter })}
          />
          <Override
            label={texts.header}
            found={found.header ? texts.headerYes : texts.headerNo}
            value={overrides.header === null ? null : String(overrides.header)}
            choices={[
              ["true", texts.headerYes],
              ["false", texts.headerNo],
            ]}
            onChoose={(header) => upload.readAs({ header: header === null ? null : header === "true" })}
          />
        </>
      )}
      {isConvertible(preview) && (
        <Notice tone="warning">
          <p>{texts.convertFirst}</p>
          <Action onClick={() => void inUtf8(file, read_as.encoding).then(upload.replaceContent)}>
            {texts.convert}
          </Action>
        </Notice>
      )}
    </fieldset>
  );
}

interface OverrideProps {
  label: string;
  found: string;
  value: string | null;
  choices: readonly (readonly [string, string])[];
  onChoose: (value: string | null) => void;
}

function Override({ label, found, value, choices, onChoose }: OverrideProps) {
  return (
    <Field label={label}>
      {(input) => (
        <select {...input} value={value ?? ""} onChange={(event) => onChoose(event.target.value || null)}>
          <option value="">{asFound(found)}</option>
          {choices.map(([choice, words]) => (
            <option key={choice} value={choice}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
