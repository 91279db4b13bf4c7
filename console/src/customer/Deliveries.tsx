import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { Schema } from "../api/types.ts";
import { Badge, type Tone } from "../design/Badge.tsx";
import { Empty } from "../design/Empty.tsx";
import { itemsOf, LoadMore } from "../design/LoadMore.tsx";
import { Panel } from "../design/Panel.tsx";
import { RefusalText, SentValue } from "../design/Sent.tsx";
import { Table } from "../design/Table.tsx";
import { Instant } from "../design/When.tsx";
import { usePoint } from "../time/usePoint.ts";
import { fieldsOf } from "./edits.ts";
import { deliveriesQuery, drawerQuery, widgetQuery } from "./queries.ts";
import { STATUS, texts } from "./texts.ts";

type Delivery = Schema<"Delivery">;

const TONE: Record<Delivery["status"], Tone> = {
  waiting: "warning",
  sent: "success",
  not_sent: "neutral",
  dead: "danger",
};

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
              <DeliveryTable deliveries={itemsOf(data)} labels={labels} />
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

function DeliveryTable({ deliveries, labels }: { deliveries: Delivery[]; labels: ReadonlyMap<string, string> }) {
  return (
    <Table
      caption={texts.deliveries}
      rows={deliveries}
      keyOf={(each) => each.delivery_id}
      columns={[
        { head: texts.what, cell: (each) => each.mapped.map((mapped) => labels.get(mapped) ?? mapped).join(", ") },
        { head: texts.attribute, cell: (each) => each.attribute ?? texts.noValue },
        { head: texts.value, cell: (each) => <SentValue sent={each} /> },
        { head: texts.status, cell: (each) => <Status delivery={each} /> },
        { head: texts.attempts, align: "end", cell: (each) => each.attempts },
        { head: texts.when, cell: (each) => <Instant at={each.at} /> },
      ]}
    />
  );
}

function Status({ delivery }: { delivery: Delivery }) {
  return (
    <>
      <Badge tone={TONE[delivery.status]}>{STATUS[delivery.status]}</Badge>
      {delivery.reason && (
        <div className="hint">
          <RefusalText reason={delivery.reason} />
        </div>
      )}
    </>
  );
}
