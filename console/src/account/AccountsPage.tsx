import { useInfiniteQuery } from "@tanstack/react-query";
import { useLocation, useSearch } from "wouter";
import { problemOf } from "../api/problems.ts";
import { Empty } from "../design/Empty.tsx";
import { itemsByNumber, itemsOf, LoadMore } from "../design/LoadMore.tsx";
import { Panel } from "../design/Panel.tsx";
import { type Column, Table } from "../design/Table.tsx";
import { To } from "../design/To.tsx";
import { Total } from "../design/Total.tsx";
import { Day, Days } from "../design/When.tsx";
import { Page } from "../shell/Page.tsx";
import { usePoint } from "../time/usePoint.ts";
import "./account.css";
import { ListForm } from "./ListForm.tsx";
import { filtersOf, kindOf, type Listed, type ListKind, withList } from "./listing.ts";
import { listQuery } from "./queries.ts";
import { texts } from "./texts.ts";

/** Accounts, or sites, all or those that the filters in the address let through. */
export default function AccountsPage() {
  const [path, navigate] = useLocation();
  const search = useSearch();
  const kind = kindOf(search);
  const filters = filtersOf(search);
  const query = useInfiniteQuery(listQuery(kind, filters, usePoint()));
  const isByProfile = filters.profile_class !== undefined || filters.set_here !== undefined;
  const found = kind === "sites" ? texts.sitesFound : texts.found;
  return (
    <Page title={texts.accounts}>
      <ListForm
        key={search}
        kind={kind}
        filters={filters}
        problem={problemOf(query.error)}
        onShow={(wanted, others) => navigate(`${path}?${withList(search, wanted, others)}`)}
      />
      <Panel title={found} query={query}>
        {(data) => (
          <>
            <Total page={data.pages[0]} />
            {itemsOf(data).length === 0 ? (
              <Empty text={kind === "sites" ? texts.noSitesFound : texts.noAccounts} />
            ) : (
              <Table
                caption={found}
                rows={itemsByNumber(data, keyOf)}
                keyOf={keyOf}
                columns={columns(kind, isByProfile)}
              />
            )}
            <LoadMore query={query} />
          </>
        )}
      </Panel>
    </Page>
  );
}

function keyOf({ account, site }: Listed): string {
  return site === undefined ? account : `${account}/${site}`;
}

function columns(kind: ListKind, isByProfile: boolean): readonly [Column<Listed>, ...Column<Listed>[]] {
  const profile = isByProfile ? PROFILE : [];
  return kind === "sites" ? [SITE, ACCOUNT, ...profile] : [ACCOUNT, CUSTOMER, START, ...profile];
}

const ACCOUNT: Column<Listed> = {
  head: texts.account,
  cell: ({ account }) => <To href={`/accounts/${encodeURIComponent(account)}`}>{account}</To>,
};

const SITE: Column<Listed> = {
  head: texts.site,
  cell: ({ account, site = "" }) => (
    <To href={`/accounts/${encodeURIComponent(account)}/sites/${encodeURIComponent(site)}`}>{site}</To>
  ),
};

const CUSTOMER: Column<Listed> = {
  head: texts.customer,
  cell: ({ customer = "" }) => <To href={`/customers/${encodeURIComponent(customer)}`}>{customer}</To>,
};

const START: Column<Listed> = { head: texts.start, cell: ({ start }) => (start ? <Day day={start} /> : null) };

const PROFILE: readonly Column<Listed>[] = [
  {
    head: texts.profileClass,
    cell: ({ profile }) => (profile ? `${profile.profile_class} v${profile.class_version}` : null),
  },
  {
    head: texts.inForce,
    cell: ({ profile }) => (profile ? <Days from={profile.effective_from} to={profile.effective_to} /> : null),
  },
];
