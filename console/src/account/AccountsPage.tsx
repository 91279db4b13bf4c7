import { useInfiniteQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useLocation, useSearch } from "wouter";
import { Action } from "../design/Action.tsx";
import { Empty } from "../design/Empty.tsx";
import { Field } from "../design/Field.tsx";
import { itemsOf, LoadMore } from "../design/LoadMore.tsx";
import { Panel } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { To } from "../design/To.tsx";
import { Day } from "../design/When.tsx";
import { Page } from "../shell/Page.tsx";
import { usePoint } from "../time/usePoint.ts";
import "./account.css";
import { accountsQuery } from "./queries.ts";
import { texts } from "./texts.ts";

/** All accounts, or those of a customer; whose is in the address. */
export default function AccountsPage() {
  const customer = new URLSearchParams(useSearch()).get("customer") ?? "";
  const query = useInfiniteQuery(accountsQuery(customer, usePoint()));
  return (
    <Page title={texts.accounts}>
      <CustomerFilter key={customer} customer={customer} />
      <Panel title={texts.found} query={query}>
        {(data) =>
          itemsOf(data).length === 0 ? (
            <Empty text={texts.noAccounts} />
          ) : (
            <>
              <Table
                caption={texts.found}
                rows={itemsOf(data)}
                keyOf={(each) => each.account}
                columns={[
                  {
                    head: texts.account,
                    cell: (each) => <To href={`/accounts/${encodeURIComponent(each.account)}`}>{each.account}</To>,
                  },
                  {
                    head: texts.customer,
                    cell: (each) => <To href={`/customers/${encodeURIComponent(each.customer)}`}>{each.customer}</To>,
                  },
                  { head: texts.start, cell: (each) => <Day day={each.start} /> },
                ]}
              />
              <LoadMore query={query} />
            </>
          )
        }
      </Panel>
    </Page>
  );
}

function CustomerFilter({ customer }: { customer: string }) {
  const [path, navigate] = useLocation();
  const search = useSearch();

  function find(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const wanted = String(new FormData(event.currentTarget).get("customer")).trim();
    const parameters = new URLSearchParams(search);
    if (wanted === "") parameters.delete("customer");
    else parameters.set("customer", wanted);
    navigate(`${path}?${parameters}`);
  }

  return (
    <form className="filter" onSubmit={find}>
      <Field label={texts.customerNumber} hint={texts.customerHint}>
        {(input) => <input {...input} name="customer" defaultValue={customer} />}
      </Field>
      <Action type="submit" look="primary">
        {texts.find}
      </Action>
    </form>
  );
}
