import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useSearch } from "wouter";
import { useMe } from "../api/session.ts";
import type { Schema } from "../api/types.ts";
import { Empty } from "../design/Empty.tsx";
import { itemsByNumber, LoadMore } from "../design/LoadMore.tsx";
import { Panel } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { To } from "../design/To.tsx";
import { Total } from "../design/Total.tsx";
import { dayIn } from "../time/dates.ts";
import { usePoint } from "../time/usePoint.ts";
import { FindForm } from "./FindForm.tsx";
import { FIND_BY, type Found, fieldsQuery, findQuery, type Wanted } from "./queries.ts";
import { merged, outOfDate, texts } from "./texts.ts";
import { useMayUnmask } from "./useUnmasked.ts";

/** Finds customers by name, number, alternate number, response or business field; what is looked for is in the address. */
export function FindCustomers() {
  const search = useSearch();
  const fields = useSearchableFields();
  const parameters = new URLSearchParams(search);
  const by = FIND_BY.find((each) => each === parameters.get("by")) ?? "name";
  const field = parameters.get("field") ?? "";
  const unmask = by === "field" && (fields ?? []).some(({ key, masked }) => key === field && masked);
  const wanted = { by, text: parameters.get("for") ?? "", field, unmask };
  return (
    <>
      <FindForm key={search} fields={fields ?? []} {...wanted} />
      {(by !== "field" || fields !== undefined) && <Results {...wanted} />}
    </>
  );
}

/** Returns the business fields by which the person signed in may search; undefined until they are known. */
function useSearchableFields(): Schema<"FieldRead">[] | undefined {
  const { data } = useQuery(fieldsQuery(usePoint()));
  const mayUnmask = useMayUnmask();
  return data?.items.filter(({ searchable, masked }) => searchable && (!masked || mayUnmask));
}

function Results(wanted: Wanted) {
  const isBlank = wanted.text === "" || (wanted.by === "field" && wanted.field === "");
  const asked: Wanted = isBlank ? { by: "name", text: "", field: "", unmask: false } : wanted;
  const query = useInfiniteQuery(findQuery(asked, usePoint()));
  return (
    <Panel title={texts.found} query={query}>
      {(data) => (
        <>
          <Total page={data.pages[0]} />
          <FoundList found={itemsByNumber(data, ({ number }) => number)} more={<LoadMore query={query} />} />
        </>
      )}
    </Panel>
  );
}

function FoundList({ found, more }: { found: Found[]; more: ReactNode }) {
  if (found.length === 0) return <Empty text={texts.nothingFound} />;
  return (
    <>
      <Table
        caption={texts.found}
        rows={found}
        keyOf={(each) => each.number}
        columns={[
          { head: texts.name, cell: (each) => <FoundCustomer found={each} /> },
          { head: texts.number, cell: (each) => each.number },
        ]}
      />
      {more}
    </>
  );
}

function FoundCustomer({ found }: { found: Found }) {
  const { time_zone } = useMe();
  return (
    <>
      <To href={`/customers/${encodeURIComponent(found.number)}`}>{found.name}</To>
      {found.outOfDateSince && <div className="hint">{outOfDate(dayIn(time_zone, found.outOfDateSince))}</div>}
      {found.mergedFrom && <div className="hint">{merged(found.mergedFrom, found.number)}</div>}
    </>
  );
}
