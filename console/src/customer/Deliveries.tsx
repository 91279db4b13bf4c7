import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { Schema } from "../api/types.ts";
import { Empty } from "../design/Empty.tsx";
import { itemsOf, LoadMore } from "../design/LoadMore.tsx";
import { Panel } from "../design/Panel.tsx";
import { deliveryColumns } from "../design/Sent.tsx";
import { Table } from "../design/Table.tsx";
import { usePoint } from "../time/usePoint.ts";
import { fieldsOf } from "./edits.ts";
import { deliveriesQuery, drawerQuery, widgetQuery } from "./queries.ts";
import { notMeantToBeSent, texts } from "./texts.ts";

type Delivery = Schema<"Delivery">;

/** The id of the panel on the customer's page. */
export const DELIVERIES = "deliveries";

/** What became of each change of this customer's profile on its way to Customer Engagement (rule 4.5). */
export function Deliveries({ number }: { number: string }) {
  const query = useInfiniteQuery(deliveriesQuery(number, usePoint()));
  const labels = useLabels(number);
  return (
    <div id={DELIVERIES}>
      <Panel title={texts.deliveries} query={query}>
        {(data) =>
          itemsOf(data).length === 0 ? (
            <Empty text={texts.noDeliveries} />
          ) : (
            <>
              <DeliveryList deliveries={itemsOf(data)} labels={labels} isAll={!query.hasNextPage} />
              <LoadMore query={query} />
            </>
          )
        }
      </Panel>
    </div>
  );
}

/** Returns the labels of what is mapped, `category:1` or `field:city`, as far as this customer's page shows them. */
function useLabels(number: string): ReadonlyMap<string, string> {
  const point = usePoint();
  const drawer = useQuery(drawerQuery(number, point)).data;
  const widget = useQuery(widgetQuery(number, point)).data;
  return new Map([
    ...(drawer?.categories ?? []).map((category) => [`category:${category.code}`, category.description] as const),
    ...(widget === undefined ? [] : fieldsOf(widget)).map((field) => [`field:${field.key}`, field.label] as const),
  ]);
}

interface ListProps {
  deliveries: readonly Delivery[];
  labels: ReadonlyMap<string, string>;
  /** There are no others. */
  isAll: boolean;
}

/** What is sent, or should be; what was never meant to be sent is folded into one line. */
function DeliveryList({ deliveries, labels, isAll }: ListProps) {
  const notSent = deliveries.filter(({ status }) => status === "not_sent");
  const others = deliveries.filter(({ status }) => status !== "not_sent");
  return (
    <>
      {others.length > 0 && <DeliveryTable caption={texts.deliveries} deliveries={others} labels={labels} />}
      {notSent.length > 0 && (
        <details>
          <summary>{notMeantToBeSent(notSent.length, isAll)}</summary>
          <DeliveryTable caption={texts.notSent} deliveries={notSent} labels={labels} />
        </details>
      )}
    </>
  );
}

interface TableProps extends Pick<ListProps, "deliveries" | "labels"> {
  caption: string;
}

function DeliveryTable({ caption, deliveries, labels }: TableProps) {
  return (
    <Table caption={caption} rows={deliveries} keyOf={(each) => each.delivery_id} columns={deliveryColumns(labels)} />
  );
}
