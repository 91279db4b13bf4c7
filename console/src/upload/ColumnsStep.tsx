import { useQuery } from "@tanstack/react-query";
import { problemOf } from "../api/problems.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { Notice } from "../design/Notice.tsx";
import { Reading } from "../design/Panel.tsx";
import { Problem } from "../design/Problem.tsx";
import { ColumnTable } from "./ColumnTable.tsx";
import { fieldsQuery, type Preview, previewQuery } from "./queries.ts";
import { ReadAs } from "./ReadAs.tsx";
import { type ContactFile, doubles, isConvertible, isMatchable, taken } from "./reading.ts";
import { SaveMapping } from "./SaveMapping.tsx";
import { notTaken, placeOf, texts } from "./texts.ts";
import { FILE, type NewUpload } from "./useNewUpload.ts";

/** Shows how the file is read, and lets each of its columns go somewhere. */
export function ColumnsStep({ upload, file }: { upload: NewUpload; file: ContactFile }) {
  const { mapping, overrides } = upload;
  const query = useQuery(previewQuery({ file, mapping, overrides, columns: upload.kept }));
  const fields = useQuery(fieldsQuery());
  return (
    <>
      <Reading query={fields}>
        {({ items }) => (
          <Reading query={query}>
            {(found) => <Columns upload={upload} file={file} found={found} fields={items} />}
          </Reading>
        )}
      </Reading>
      {query.data === undefined && <Action onClick={() => upload.setStep(FILE)}>{texts.back}</Action>}
    </>
  );
}

interface Props {
  upload: NewUpload;
  file: ContactFile;
  found: Preview;
  fields: Schema<"FieldRead">[];
}

function Columns({ upload, file, found, fields }: Props) {
  const { overrides, decisions } = upload;
  const columns = taken(found.columns, decisions);
  const isAskable = Object.keys(columns).length > 0 && doubles(columns).length === 0;
  const { delimiter, header } = found.read_as;
  const plan = { columns, overrides: { ...overrides, delimiter, header } };
  const marked = useQuery({ ...previewQuery({ file, mapping: null, ...plan }), enabled: isAskable });
  const shown = (isAskable && marked.data) || found;
  const countable = found.columns.filter((column) => !column.of_dossier || columns[column.column] !== undefined);
  const left = countable.length - Object.keys(columns).length;
  const off = reasonAgainst(shown, columns, marked.isFetching, marked.error);
  return (
    <div className="stack">
      <ReadAs upload={upload} file={file} preview={found} />
      {shown.refusal !== null && !isConvertible(shown) && <Notice tone="danger">{shown.refusal}</Notice>}
      {shown.faulty_rows.length > 0 && <FaultyRows preview={shown} />}
      {found.columns.length > 0 && (
        <>
          {left > 0 && <Notice tone="warning">{notTaken(left, countable.length)}</Notice>}
          <ColumnTable found={found} marked={shown} error={marked.error} upload={upload} fields={fields} />
          <SaveMapping columns={columns} delimiter={delimiter as Schema<"SavedMapping">["delimiter"]} header={header} />
        </>
      )}
      {marked.error && !isOfColumns(marked.error) && <Problem error={marked.error} />}
      <div className="row">
        <Action onClick={() => upload.setStep(FILE)}>{texts.back}</Action>
        <Action look="primary" off={off} onClick={() => upload.check(plan)}>
          {texts.next}
        </Action>
      </div>
    </div>
  );
}

function isOfColumns(error: Error): boolean {
  return problemOf(error)?.problem.errors.every(({ field }) => field?.startsWith("columns.")) ?? false;
}

/** Returns why the columns cannot be checked yet, or null where they can. */
function reasonAgainst(
  preview: Preview,
  columns: Readonly<Record<string, string>>,
  isFetching: boolean,
  error: Error | null,
): string | null {
  if (isConvertible(preview)) return texts.convertFirst;
  if (preview.columns.length === 0) return texts.anotherFile;
  if (!isMatchable(columns)) return texts.matchFirst;
  if (doubles(columns).length > 0) return texts.twiceFirst;
  if (isFetching) return texts.waitForPreview;
  return error ? texts.mistakesFirst : preview.refusal;
}

function FaultyRows({ preview }: { preview: Preview }) {
  return (
    <Notice tone="warning">
      <ul className="plain">
        {preview.faulty_rows.map(({ row, line, reason }) => (
          <li key={row}>
            {placeOf({ row, line })}: {reason}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
