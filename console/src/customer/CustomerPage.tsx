import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useLocation, useParams, useSearch } from "wouter";
import { useRights } from "../api/session.ts";
import type { Schema } from "../api/types.ts";
import { Notice } from "../design/Notice.tsx";
import { Reading } from "../design/Panel.tsx";
import { Page } from "../shell/Page.tsx";
import { usePoint } from "../time/usePoint.ts";
import { Accounts } from "./Accounts.tsx";
import { AlternateNumbers } from "./AlternateNumbers.tsx";
import "./customer.css";
import { CustomerDrawer } from "./CustomerDrawer.tsx";
import { Deliveries } from "./Deliveries.tsx";
import { customerQuery } from "./queries.ts";
import { merged } from "./texts.ts";
import { Widget } from "./Widget.tsx";

/** A customer: head, alternate numbers, widget, accounts and deliveries. */
export default function CustomerPage() {
  const { number = "" } = useParams();
  const query = useQuery(customerQuery(number, usePoint()));
  const from = useFollowedMerge(number, query.data?.number);
  return (
    <Page title={query.data?.name ?? number} aside={query.data && <Head customer={query.data} />}>
      {from !== null && <Notice role="status">{merged(from, number)}</Notice>}
      <Reading query={query}>{(customer) => <Parts customer={customer} />}</Reading>
    </Page>
  );
}

function Head({ customer }: { customer: Schema<"Customer"> }) {
  return (
    <>
      <AlternateNumbers customer={customer} />
      <CustomerDrawer number={customer.number} />
    </>
  );
}

function Parts({ customer }: { customer: Schema<"Customer"> }) {
  const may = useRights();
  return (
    <div className="customer">
      <div className="stack">
        <Widget number={customer.number} />
      </div>
      <div className="stack">
        <Accounts number={customer.number} />
        {may("list_deliveries") && <Deliveries number={customer.number} />}
      </div>
    </div>
  );
}

/** Goes on to the survivor's page where the number is that of a merged customer. Returns the number that led here. */
function useFollowedMerge(number: string, survivor: string | undefined): string | null {
  const [, navigate] = useLocation();
  const parameters = new URLSearchParams(useSearch());
  useEffect(() => {
    if (survivor === undefined || survivor === number) return;
    const next = new URLSearchParams(window.location.search);
    next.set("from", number);
    navigate(`/customers/${encodeURIComponent(survivor)}?${next}`, { replace: true });
  }, [number, survivor, navigate]);
  return parameters.get("from");
}
