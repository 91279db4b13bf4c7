import { useInfiniteQuery } from "@tanstack/react-query";
import { Empty } from "../design/Empty.tsx";
import { itemsByNumber, itemsOf, LoadMore } from "../design/LoadMore.tsx";
import { Panel } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { To } from "../design/To.tsx";
import { Day } from "../design/When.tsx";
import { usePoint } from "../time/usePoint.ts";
import { accountsQuery } from "./queries.ts";
import { texts } from "./texts.ts";

/** The accounts of a customer, and of customers merged into it. */
export function Accounts({ number }: { number: string }) {
  const query = useInfiniteQuery(accountsQuery(number, usePoint()));
  return (
    <Panel title={texts.accounts} query={query}>
      {(data) =>
        itemsOf(data).length === 0 ? (
          <Empty text={texts.noAccounts} />
        ) : (
          <>
            <Table
              caption={texts.accounts}
              rows={itemsByNumber(data, ({ account }) => account)}
              keyOf={(each) => each.account}
              columns={[
                { head: texts.account, cell: (each) => <To href={`/accounts/${each.account}`}>{each.account}</To> },
                { head: texts.start, cell: (each) => <Day day={each.start} /> },
              ]}
            />
            <LoadMore query={query} />
          </>
        )
      }
    </Panel>
  );
}
