import { useId } from "react";
import { problemOf } from "../api/problems.ts";
import type { Schema } from "../api/types.ts";
import { Table } from "../design/Table.tsx";
import type { Preview } from "./queries.ts";
import { doubles, type PreviewColumn, taken, targetOf } from "./reading.ts";
import { NUMBERS, placeOf, refusedValues, SUGGESTED_BY, texts } from "./texts.ts";
import type { NewUpload } from "./useNewUpload.ts";

interface Props {
  /** The columns with what is suggested for them. */
  found: Preview;
  /** The columns as they go now, with the values that would be refused. */
  marked: Preview;
  error: Error | null;
  upload: NewUpload;
  fields: Schema<"FieldRead">[];
}

/** The columns of the file, and where each goes. */
export function ColumnTable({ found, marked, error, upload, fields }: Props) {
  const twice = doubles(taken(found.columns, upload.decisions));
  return (
    <Table
      caption={texts.columns}
      rows={found.columns}
      keyOf={(column) => String(column.place)}
      columns={[
        { head: texts.column, cell: (column) => column.column },
        { head: texts.examples, cell: (column) => column.examples.join(" · ") },
        {
          head: texts.goesTo,
          cell: (column) => (
            <Target
              column={column}
              marked={marked.columns.find(({ place }) => place === column.place) ?? column}
              errors={errorsOf(column, targetOf(column, upload.decisions), twice, error)}
              upload={upload}
              fields={fields}
            />
          ),
        },
      ]}
    />
  );
}

function errorsOf(column: PreviewColumn, target: string, twice: string[], error: Error | null): string[] {
  const named = problemOf(error)?.of(`columns.${column.column}`) ?? [];
  return twice.includes(target) ? [texts.takenTwice, ...named] : named;
}

interface TargetProps {
  column: PreviewColumn;
  marked: PreviewColumn;
  errors: string[];
  upload: NewUpload;
  fields: Schema<"FieldRead">[];
}

function Target({ column, marked, errors, upload, fields }: TargetProps) {
  const id = useId();
  const target = targetOf(column, upload.decisions);
  const isDecided = upload.decisions[column.column] !== undefined;
  const suggestedBy = !isDecided && column.suggested_by ? SUGGESTED_BY[column.suggested_by] : "";
  const by = column.of_dossier && target === "" ? texts.reasonsOfDossier : suggestedBy;
  const isWrong = errors.length > 0;
  return (
    <div className="stack-tight target">
      <select
        className="input"
        aria-label={`${texts.goesTo}: ${column.column}`}
        aria-describedby={id}
        aria-invalid={isWrong || undefined}
        value={target}
        onChange={(event) => upload.decide(column.column, event.target.value)}
      >
        <option value="">{texts.notTaken}</option>
        <Targets fields={fields} />
      </select>
      <div id={id}>
        {by !== "" && <div className="hint">{by}</div>}
        {isWrong && <div className="wrong">{errors.join(" ")}</div>}
        {target !== "" && marked.refused > 0 && <Refused column={marked} />}
      </div>
    </div>
  );
}

function Targets({ fields }: { fields: Schema<"FieldRead">[] }) {
  return (
    <>
      <optgroup label={texts.numbers}>
        {Object.entries(NUMBERS).map(([target, words]) => (
          <option key={target} value={target}>
            {words}
          </option>
        ))}
      </optgroup>
      <optgroup label={texts.fields}>
        {fields.map(({ key, label }) => (
          <option key={key} value={key}>
            {label}
          </option>
        ))}
      </optgroup>
    </>
  );
}

function Refused({ column }: { column: PreviewColumn }) {
  return (
    <div className="wrong">
      {refusedValues(column.refused, column.filled)}
      <ul>
        {column.refused_values.map(({ row, line, value, reason }) => (
          <li key={row}>
            {placeOf({ row, line })}: {value} – {reason}
          </li>
        ))}
      </ul>
    </div>
  );
}
