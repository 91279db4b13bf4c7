import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type FormEvent, useId } from "react";
import { useLocation, useParams, useSearch } from "wouter";
import { customerQuery } from "../api/customers.ts";
import { useRights } from "../api/session.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { Field } from "../design/Field.tsx";
import { Notice } from "../design/Notice.tsx";
import { Panel, Reading } from "../design/Panel.tsx";
import { Page } from "../shell/Page.tsx";
import { NOW } from "../time/point.ts";
import { usePoint } from "../time/usePoint.ts";
import { CustomerTabs } from "./CustomerTabs.tsx";
import "./customer.css";
import { MergedCustomers } from "./MergedCustomers.tsx";
import { MergeForm } from "./MergeForm.tsx";
import { mergeOf, texts } from "./mergeTexts.ts";
import { snapshotQuery } from "./queries.ts";
import { merged } from "./texts.ts";
import { useFollowedMerge } from "./useFollowedMerge.ts";

/** Merges a duplicate into a customer, or the other way round, once it has been said what that does; and undoes merges (rule 6.1). */
export default function MergePage() {
  const { number = "" } = useParams();
  const may = useRights();
  const query = useQuery(customerQuery(number, NOW));
  const other = new URLSearchParams(useSearch()).get("other") ?? "";
  useFollowedMerge(number, query.data?.number, "/merge");
  return (
    <Page title={mergeOf(query.data?.name ?? number)}>
      <CustomerTabs number={number} />
      {may("merge_customers") ? (
        <>
          <FindDuplicate key={other} other={other} />
          {other !== "" && <Duplicate key={`${number} ${other}`} number={number} other={other} />}
          <Reading query={query}>{(customer) => <MergedCustomers customer={customer} />}</Reading>
        </>
      ) : (
        <Notice>{texts.mayNot}</Notice>
      )}
    </Page>
  );
}

function FindDuplicate({ other }: { other: string }) {
  const [path, navigate] = useLocation();
  const heading = useId();

  function find(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const wanted = String(new FormData(event.currentTarget).get("other")).trim();
    navigate(wanted === "" ? path : `${path}?${new URLSearchParams({ other: wanted })}`);
  }

  return (
    <section className="panel" aria-labelledby={heading}>
      <h2 id={heading}>{texts.which}</h2>
      <p className="muted">{texts.otherHint}</p>
      <form className="find" onSubmit={find}>
        <Field label={texts.otherNumber}>{(input) => <input {...input} name="other" defaultValue={other} />}</Field>
        <Action type="submit">{texts.show}</Action>
      </form>
    </section>
  );
}

/** What a merge of both would do on the day of the page, or why there can be none. */
function Duplicate({ number, other }: { number: string; other: string }) {
  const day = { validAt: usePoint().validAt, knownAt: null };
  // What was entered in the form stays while another day is read.
  const mine = useQuery({ ...snapshotQuery(number, day), placeholderData: keepPreviousData });
  const theirs = useQuery({ ...snapshotQuery(other, day), placeholderData: keepPreviousData });
  return (
    <Panel title={texts.effect} query={mine}>
      {(customer) => (
        <Reading query={theirs}>
          {(duplicate) => {
            const why = refusal(customer.customer, duplicate.customer, other);
            return why === null ? <MergeForm customer={customer} other={duplicate} /> : <p>{why}</p>;
          }}
        </Reading>
      )}
    </Panel>
  );
}

function refusal(customer: Schema<"Customer">, found: Schema<"Customer">, typed: string): string | null {
  if (found.number !== customer.number) return found.number === typed ? null : merged(typed, found.number);
  return typed === customer.number ? texts.itself : merged(typed, customer.number);
}
