import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "wouter";
import { customerQuery } from "../api/customers.ts";
import { Empty } from "../design/Empty.tsx";
import { itemsOf, LoadMore } from "../design/LoadMore.tsx";
import { Notice } from "../design/Notice.tsx";
import { Panel } from "../design/Panel.tsx";
import { To } from "../design/To.tsx";
import { Page } from "../shell/Page.tsx";
import { usePoint } from "../time/usePoint.ts";
import { CustomerTabs } from "./CustomerTabs.tsx";
import "./customer.css";
import { HistoryFilters } from "./HistoryFilters.tsx";
import { HistoryTable } from "./HistoryTable.tsx";
import { filtersOf } from "./historyFilters.ts";
import { NotRegisteredYet } from "./NotRegisteredYet.tsx";
import { pathOf } from "./paths.ts";
import { eventsQuery } from "./queries.ts";
import { historyOf, merged, pageTexts as texts } from "./texts.ts";
import { useNames } from "./useNames.ts";

/** Every event of a customer: what it changed, for which days, who, when and why. A merged customer keeps its own (rule 6.1). */
export default function HistoryPage() {
  const { number = "" } = useParams();
  const point = usePoint();
  const filters = filtersOf(useSearch());
  const query = useInfiniteQuery(eventsQuery(number, filters, point));
  const { data: customer, error } = useQuery(customerQuery(number, point));
  const names = useNames();
  const survivor = customer === undefined || customer.number === number ? null : customer.number;
  return (
    <Page title={historyOf(survivor === null && customer ? customer.name : number)}>
      <CustomerTabs number={number} />
      {survivor !== null && (
        <Notice role="status">
          {merged(number, survivor)} <To href={pathOf(survivor)}>{survivor}</To>
        </Notice>
      )}
      <HistoryFilters key={JSON.stringify(filters)} number={number} filters={filters} names={names} />
      <NotRegisteredYet number={number} error={error}>
        <Panel title={texts.history} query={query}>
          {(data) =>
            itemsOf(data).length === 0 ? (
              <Empty text={texts.noEvents} />
            ) : (
              <>
                <HistoryTable number={number} entries={itemsOf(data)} names={names} />
                <LoadMore query={query} />
              </>
            )
          }
        </Panel>
      </NotRegisteredYet>
    </Page>
  );
}
