import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { FormEvent, ReactNode } from "react";
import { useLocation, useSearch } from "wouter";
import { useMe } from "../api/session.ts";
import { Action } from "../design/Action.tsx";
import { Empty } from "../design/Empty.tsx";
import { Field } from "../design/Field.tsx";
import { itemsOf, LoadMore } from "../design/LoadMore.tsx";
import { Panel } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { To } from "../design/To.tsx";
import { dayIn } from "../time/dates.ts";
import { usePoint } from "../time/usePoint.ts";
import { categoriesQuery, FIND_BY, type FindBy, type Found, findQuery } from "./queries.ts";
import { merged, outOfDate, texts } from "./texts.ts";

const LABELS: Record<FindBy, string> = {
  name: texts.byName,
  number: texts.byNumber,
  alternate: texts.byAlternate,
  response: texts.byResponse,
};

/** Finds customers by name, number, alternate number or response; what is looked for is in the address. */
export function FindCustomers() {
  const search = useSearch();
  const parameters = new URLSearchParams(search);
  const by = FIND_BY.find((each) => each === parameters.get("by")) ?? "name";
  const wanted = parameters.get("for") ?? "";
  return (
    <>
      <FindForm key={search} by={by} wanted={wanted} />
      <Results by={by} wanted={wanted} />
    </>
  );
}

function FindForm({ by, wanted }: { by: FindBy; wanted: string }) {
  const [path, navigate] = useLocation();
  const search = useSearch();

  function put(values: Record<string, string>) {
    const parameters = new URLSearchParams(search);
    for (const [name, value] of Object.entries(values)) parameters.set(name, value);
    navigate(`${path}?${parameters}`);
  }

  function find(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    put({ by, for: String(new FormData(event.currentTarget).get("for")).trim() });
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
      <Field label={LABELS[by]}>
        {(input) =>
          by === "response" ? (
            <Responses {...input} wanted={wanted} />
          ) : (
            <input {...input} name="for" defaultValue={wanted} />
          )
        }
      </Field>
      <Action type="submit" look="primary">
        {texts.find}
      </Action>
    </form>
  );
}

function Responses({ wanted, ...input }: { wanted: string; id: string; className: string }) {
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

function Results({ by, wanted }: { by: FindBy; wanted: string }) {
  const asked = wanted === "" ? "name" : by;
  const query = useInfiniteQuery(findQuery(asked, wanted, usePoint()));
  return (
    <Panel title={texts.found} query={query}>
      {(data) => <FoundList found={itemsOf(data)} more={<LoadMore query={query} />} />}
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
