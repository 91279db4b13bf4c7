import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { body, client } from "../api/client.ts";
import { useRights } from "../api/session.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { Empty } from "../design/Empty.tsx";
import { Field } from "../design/Field.tsx";
import { itemsOf, LoadMore } from "../design/LoadMore.tsx";
import { Panel } from "../design/Panel.tsx";
import { Problem } from "../design/Problem.tsx";
import { saveFile } from "../design/saveFile.ts";
import { Table } from "../design/Table.tsx";
import { To } from "../design/To.tsx";
import { refusedRowsQuery, type Upload } from "./queries.ts";
import { firstOf, placeOf, texts } from "./texts.ts";
import { useTargetNames } from "./useTargetNames.ts";

/** What was wrong with rows: to be looked at by reason, and to be downloaded, corrected and sent again. */
export function RefusedRows({ upload }: { upload: Upload }) {
  const query = useInfiniteQuery(refusedRowsQuery(upload.upload));
  const [wanted, setWanted] = useState("");
  return (
    <Panel title={texts.refusedRows} query={query} actions={upload.failed > 0 && <Actions upload={upload} />}>
      {(data) => {
        const rows = itemsOf(data);
        if (rows.length === 0) return <Empty text={texts.noRefusedRows} />;
        const reasons = [...new Set(rows.map(({ reason }) => reason))];
        return (
          <>
            <p className="hint">{texts.downloadHint}</p>
            {reasons.length > 1 && (
              <Field label={texts.filter} hint={query.hasNextPage ? firstOf(rows.length) : undefined}>
                {(input) => (
                  <select {...input} value={wanted} onChange={(event) => setWanted(event.target.value)}>
                    <option value="">{texts.all}</option>
                    {reasons.map((reason) => (
                      <option key={reason}>{reason}</option>
                    ))}
                  </select>
                )}
              </Field>
            )}
            <WrongValues values={rows.filter(({ reason }) => wanted === "" || reason === wanted)} />
            <LoadMore query={query} />
          </>
        );
      }}
    </Panel>
  );
}

function Actions({ upload }: { upload: Upload }) {
  const may = useRights();
  const [error, setError] = useState<Error | null>(null);
  const save = (format: "file" | "csv") => void download(upload, format).then(() => setError(null), setError);
  return (
    <div className="row">
      <Action onClick={() => save("file")}>{texts.download}</Action>
      <Action onClick={() => save("csv")}>{texts.downloadList}</Action>
      {may("receive_file") && (
        <To className="button" href={`/set-up/uploads/new?like=${upload.upload}`}>
          {texts.uploadCorrected}
        </To>
      )}
      {error && <Problem error={error} />}
    </div>
  );
}

type WrongValue = Schema<"WrongValue">;

function WrongValues({ values }: { values: WrongValue[] }) {
  const nameOf = useTargetNames();
  return (
    <Table
      caption={texts.refusedRows}
      rows={values}
      keyOf={({ row, field, reason }) => `${row} ${field} ${reason}`}
      columns={[
        { head: texts.place, cell: (value) => placeOf(value) },
        { head: texts.customer, cell: ({ customer_number }) => customer_number },
        { head: texts.field, cell: ({ field }) => nameOf(field) },
        { head: texts.value, cell: ({ field, value, original_row }) => (field === null ? original_row : value) },
        { head: texts.reason, cell: ({ reason }) => reason },
      ]}
    />
  );
}

/** Saves the refused rows, or the list of what is wrong with them, as a file. */
async function download({ upload, file }: Upload, format: "file" | "csv") {
  const content = await body(
    client.GET("/v1/uploads/{upload}/errors", {
      params: { path: { upload }, query: { format, bom: true } },
      parseAs: "blob",
    }),
  );
  saveFile(content as unknown as Blob, format === "csv" ? `mistakes-${file}.csv` : `refused-${file}`);
}
