import { useQuery } from "@tanstack/react-query";
import { useParams } from "wouter";
import { customerQuery } from "../api/customers.ts";
import { useRights } from "../api/session.ts";
import type { Schema } from "../api/types.ts";
import { Notice } from "../design/Notice.tsx";
import { Reading } from "../design/Panel.tsx";
import { To } from "../design/To.tsx";
import { Page } from "../shell/Page.tsx";
import { usePoint } from "../time/usePoint.ts";
import { Accounts } from "./Accounts.tsx";
import { AlternateNumbers } from "./AlternateNumbers.tsx";
import { Answers } from "./Answers.tsx";
import { ChangedMeanwhile } from "./ChangedMeanwhile.tsx";
import "./customer.css";
import { CustomerOptions } from "./CustomerOptions.tsx";
import { Deliveries } from "./Deliveries.tsx";
import { NameHint } from "./NameHint.tsx";
import { NotRegisteredYet } from "./NotRegisteredYet.tsx";
import { pathOf } from "./paths.ts";
import { merged } from "./texts.ts";
import { useFollowedMerge } from "./useFollowedMerge.ts";
import { Widget } from "./Widget.tsx";

/** A customer: head, alternate numbers, widget, accounts and deliveries. */
export default function CustomerPage() {
  const { number = "" } = useParams();
  const point = usePoint();
  const query = useQuery(customerQuery(number, point));
  const from = useFollowedMerge(number, query.data?.number);
  return (
    <Page title={query.data?.name ?? number} aside={query.data && <Head customer={query.data} />}>
      {from !== null && <Notice role="status">{merged(from, number)}</Notice>}
      {query.data && query.data.number !== number && <MergedMeanwhile number={number} survivor={query.data.number} />}
      {query.data && point.knownAt === null && <ChangedMeanwhile customer={query.data} />}
      <NotRegisteredYet number={number} error={query.error}>
        <Reading query={query}>{(customer) => <Parts customer={customer} />}</Reading>
      </NotRegisteredYet>
    </Page>
  );
}

/** Stands on a page that stays open, because something is being edited there. */
function MergedMeanwhile({ number, survivor }: { number: string; survivor: string }) {
  return (
    <Notice tone="warning" role="status">
      {merged(number, survivor)} <To href={pathOf(survivor)}>{survivor}</To>
    </Notice>
  );
}

function Head({ customer }: { customer: Schema<"Customer"> }) {
  return (
    <>
      <AlternateNumbers customer={customer} />
      <CustomerOptions customer={customer} />
    </>
  );
}

function Parts({ customer }: { customer: Schema<"Customer"> }) {
  const may = useRights();
  return (
    <div className="customer">
      <div className="stack">
        <NameHint customer={customer} />
        <Widget number={customer.number} />
      </div>
      <div className="stack">
        <Answers number={customer.number} />
        <Accounts number={customer.number} />
        {may("list_deliveries") && <Deliveries number={customer.number} />}
      </div>
    </div>
  );
}
