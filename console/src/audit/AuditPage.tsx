import { useInfiniteQuery } from "@tanstack/react-query";
import { useLocation, useSearch } from "wouter";
import { problemOf } from "../api/problems.ts";
import { useMe } from "../api/session.ts";
import { To } from "../design/To.tsx";
import { Page } from "../shell/Page.tsx";
import { usePoint } from "../time/usePoint.ts";
import "./audit.css";
import { Entries } from "./Entries.tsx";
import { FilterForm } from "./FilterForm.tsx";
import { type Filters, filtersOf, orderOf, recordedOn, withFilters } from "./filters.ts";
import { historyQuery } from "./queries.ts";
import { texts } from "./texts.ts";
import { Verify } from "./Verify.tsx";

/** Everything that was recorded: who, what, when and why, with the values before and after. What is looked for is in the address. */
export default function AuditPage() {
  const [path, navigate] = useLocation();
  const search = useSearch();
  const { today } = useMe();
  const filters = filtersOf(search);
  const order = orderOf(search);
  const query = useInfiniteQuery(historyQuery(filters, order, usePoint()));
  const address = (others: Filters) => `${path}?${withFilters(search, others)}`;
  return (
    <Page title={texts.audit} aside={<To href={address(recordedOn(today))}>{texts.today}</To>}>
      <FilterForm
        key={search}
        filters={filters}
        problem={problemOf(query.error)}
        address={address}
        onShow={(wanted) => navigate(address(wanted))}
      />
      <Entries query={query} filters={filters} order={order} />
      <Verify />
    </Page>
  );
}
