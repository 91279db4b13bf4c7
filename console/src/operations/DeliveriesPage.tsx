import { useInfiniteQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { useLabels } from "../api/useLabels.ts";
import { Action } from "../design/Action.tsx";
import { Empty } from "../design/Empty.tsx";
import { Field } from "../design/Field.tsx";
import { itemsOf, LoadMore } from "../design/LoadMore.tsx";
import { Notice } from "../design/Notice.tsx";
import { Panel } from "../design/Panel.tsx";
import { DELIVERY_STATUS, deliveryColumns } from "../design/Sent.tsx";
import { Table } from "../design/Table.tsx";
import { To } from "../design/To.tsx";
import { Day } from "../design/When.tsx";
import { Page } from "../shell/Page.tsx";
import { usePoint } from "../time/usePoint.ts";
import { Filters } from "./Filters.tsx";
import { count, type Reading } from "./judging.ts";
import "./operations.css";
import { type Delivery, deliveriesQuery, STATUSES } from "./queries.ts";
import { deliveryTexts as texts } from "./texts.ts";
import { useOperations } from "./useOperations.ts";

/** What became of every change on its way to Customer Engagement, by status and customer (rule 4.5). */
export default function DeliveriesPage() {
  const parameters = new URLSearchParams(useSearch());
  const status = STATUSES.find((each) => each === parameters.get("status"));
  const number = parameters.get("number") ?? "";
  const counts = useOperations().query.data?.deliveries;
  return (
    <Page title={texts.deliveries}>
      <Filters
        label={texts.byStatus}
        name="status"
        choices={[
          { value: null, label: texts.all },
          ...STATUSES.map((each) => ({ value: each, label: DELIVERY_STATUS[each], count: counts?.[each] })),
        ]}
      />
      <CustomerForm key={number} number={number} />
      <Deliveries status={status} number={number === "" ? undefined : number} counts={counts} />
    </Page>
  );
}

function CustomerForm({ number }: { number: string }) {
  const [path, navigate] = useLocation();
  const search = useSearch();

  function show(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const wanted = String(new FormData(event.currentTarget).get("number")).trim();
    const parameters = new URLSearchParams(search);
    if (wanted === "") parameters.delete("number");
    else parameters.set("number", wanted);
    navigate(`${path}?${parameters}`);
  }

  return (
    <form className="row filter-form" onSubmit={show}>
      <Field label={texts.ofCustomer}>{(input) => <input {...input} name="number" defaultValue={number} />}</Field>
      <Action type="submit">{texts.find}</Action>
    </form>
  );
}

interface Shown {
  status: Delivery["status"] | undefined;
  number: string | undefined;
  counts: Reading["deliveries"] | undefined;
}

function Deliveries({ status, number, counts }: Shown) {
  const query = useInfiniteQuery(deliveriesQuery(status, number, usePoint()));
  const isOld = useIsOld(counts, query.dataUpdatedAt);
  return (
    <Panel title={texts.deliveries} query={query}>
      {(data) => (
        <>
          {isOld && (
            <Notice role="status">
              <p>{texts.changed}</p>
              <Action onClick={() => void query.refetch()}>{texts.readAgain}</Action>
            </Notice>
          )}
          {itemsOf(data).length === 0 ? (
            <Empty text={texts.none} />
          ) : (
            <div className="whole-words">
              <DeliveryTable deliveries={itemsOf(data)} />
            </div>
          )}
          <LoadMore query={query} />
        </>
      )}
    </Panel>
  );
}

/** Returns whether the counts are others than when the list was read. */
function useIsOld(counts: Reading["deliveries"] | undefined, readAt: number): boolean {
  const now = counts && STATUSES.map((each) => counts[each]).join(" ");
  const [seen, setSeen] = useState({ readAt, counts: now });
  useEffect(() => {
    setSeen((before) => (before.readAt === readAt && before.counts !== undefined ? before : { readAt, counts: now }));
  }, [readAt, now]);
  return seen.readAt === readAt && seen.counts !== undefined && seen.counts !== now;
}

function DeliveryTable({ deliveries }: { deliveries: Delivery[] }) {
  const labels = useLabels();
  return (
    <Table
      caption={texts.deliveries}
      rows={deliveries}
      keyOf={(each) => each.delivery_id}
      columns={[
        {
          head: texts.customer,
          cell: ({ number }) => <To href={`/customers/${encodeURIComponent(number)}`}>{number}</To>,
        },
        ...deliveryColumns(labels),
        { head: texts.more, cell: (each) => <Details delivery={each} /> },
      ]}
    />
  );
}

function Details({ delivery }: { delivery: Delivery }) {
  return (
    <details>
      <summary>{texts.more}</summary>
      <dl className="facts">
        <dt>{texts.event}</dt>
        <dd>
          <code>{delivery.event_id}</code>
        </dd>
        <dt>{texts.position}</dt>
        <dd>{count(delivery.position)}</dd>
        <dt>{texts.effective}</dt>
        <dd>
          <Day day={delivery.effective_from} />
        </dd>
      </dl>
      {(delivery.status === "dead" || delivery.corrected) && (
        <To href={`/operations/dead-letters/${encodeURIComponent(delivery.delivery_id)}`}>{texts.letter}</To>
      )}
    </details>
  );
}
