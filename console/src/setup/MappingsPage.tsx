import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { body, client } from "../api/client.ts";
import { problemOf } from "../api/problems.ts";
import { Action } from "../design/Action.tsx";
import { announce } from "../design/announce.ts";
import { Dialog } from "../design/Dialog.tsx";
import { Field } from "../design/Field.tsx";
import { Form } from "../design/Form.tsx";
import { leave, useLeavingTab } from "../design/leaving.ts";
import { Panel, Reading } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { Page } from "../shell/Page.tsx";
import { NOW } from "../time/point.ts";
import { usePoint } from "../time/usePoint.ts";
import { HistoryList } from "./HistoryPanel.tsx";
import { categoriesQuery, fieldsQuery, mappingHistoryQuery, mappingsQuery } from "./queries.ts";
import { historyOf, texts, theirs } from "./texts.ts";
import { useRefusal } from "./useRefusal.ts";

interface Mapped {
  mapped: string;
  label: string;
  attribute: string;
}

/** Which category or field is which attribute of Customer Engagement (rule 4.2). */
export default function MappingsPage() {
  const point = usePoint();
  const mappings = useQuery(mappingsQuery(point));
  const categories = useQuery(categoriesQuery(point));
  const fields = useQuery(fieldsQuery(point));
  return (
    <Page title={texts.mappings}>
      <p className="muted">{texts.mappingsIntro}</p>
      <Panel title={texts.mappings} query={mappings}>
        {({ items }) => (
          <Reading query={categories}>
            {(ofCategories) => (
              <Reading query={fields}>
                {(ofFields) => (
                  <Mappings
                    rows={[
                      ...ofCategories.items.map(({ code, description }) => [`category:${code}`, description]),
                      ...ofFields.items.map(({ key, label }) => [`field:${key}`, label]),
                    ].map(([mapped = "", label = ""]) => ({
                      mapped,
                      label,
                      attribute: items.find((each) => each.mapped === mapped)?.attribute ?? "",
                    }))}
                  />
                )}
              </Reading>
            )}
          </Reading>
        )}
      </Panel>
    </Page>
  );
}

function Mappings({ rows }: { rows: Mapped[] }) {
  const point = usePoint();
  const [changed, setChanged] = useState<Mapped | null>(null);
  const [looked, setLooked] = useState<Mapped | null>(null);
  const off = useRefusal("map_attribute");
  return (
    <>
      <Table
        caption={texts.mappings}
        marksChanges
        rows={rows}
        keyOf={({ mapped }) => mapped}
        columns={[
          { head: texts.mapped, cell: ({ label }) => label },
          { head: texts.code, cell: ({ mapped }) => <code>{mapped}</code> },
          { head: texts.attribute, cell: ({ attribute }) => attribute || texts.notMapped },
          {
            head: texts.change,
            cell: (row) => (
              <div className="row">
                <Action off={off} onClick={() => setChanged(row)}>
                  {texts.change}
                  <span className="unseen"> {row.label}</span>
                </Action>
                <Action onClick={() => setLooked(row)}>
                  {texts.history}
                  <span className="unseen"> {row.label}</span>
                </Action>
              </div>
            ),
          },
        ]}
      />
      <Dialog title={changed?.label ?? ""} isOpen={changed !== null} onClose={() => leave(() => setChanged(null))}>
        {changed && <MappingForm row={changed} onDone={() => setChanged(null)} />}
      </Dialog>
      <Dialog title={historyOf(looked?.label ?? "")} isOpen={looked !== null} onClose={() => setLooked(null)}>
        {looked && <HistoryList query={mappingHistoryQuery(looked.mapped, point)} />}
        <Action onClick={() => setLooked(null)}>{texts.close}</Action>
      </Dialog>
    </>
  );
}

function MappingForm({ row, onDone }: { row: Mapped; onDone: () => void }) {
  const queries = useQueryClient();
  const [attribute, setAttribute] = useState(row.attribute);
  const [seen, setSeen] = useState(row.attribute);
  const [error, setError] = useState<Error | null>(null);
  const path = { mapped: row.mapped };
  const hints = [texts.attributeHint, seen !== row.attribute && theirs(seen || texts.notMapped)];

  useLeavingTab(attribute !== row.attribute);

  /** Returns whether somebody else has changed it since it was seen here. */
  async function isChangedMeanwhile(): Promise<boolean> {
    const { items } = await queries.fetchQuery({ ...mappingsQuery(NOW), staleTime: 0 });
    const now = items.find(({ mapped }) => mapped === row.mapped)?.attribute ?? "";
    setSeen(now);
    if (now !== seen) announce(theirs(now || texts.notMapped));
    return now !== seen;
  }

  async function save() {
    setError(null);
    try {
      if (await isChangedMeanwhile()) return;
      const answer = await body(
        attribute === ""
          ? client.DELETE("/v1/attribute-mappings/{mapped}", { params: { path } })
          : client.PUT("/v1/attribute-mappings/{mapped}", { params: { path }, body: { attribute } }),
      );
      await queries.invalidateQueries();
      announce(answer.changed ? texts.saved : texts.nothingChanged);
      onDone();
    } catch (failure) {
      setError(failure as Error);
    }
  }

  return (
    <Form names={["attribute"]} error={error} onSubmit={() => void (attribute === row.attribute ? onDone() : save())}>
      <Field
        label={texts.attribute}
        name="attribute"
        hint={hints.filter(Boolean).join(" ")}
        errors={problemOf(error)?.of("attribute")}
      >
        {(input) => (
          <input {...input} value={attribute} onChange={(event) => setAttribute(event.target.value.trim())} />
        )}
      </Field>
      <div className="row">
        <Action type="submit" look="primary">
          {texts.saveMapping}
        </Action>
        <Action onClick={() => leave(onDone)}>{texts.cancel}</Action>
      </div>
    </Form>
  );
}
