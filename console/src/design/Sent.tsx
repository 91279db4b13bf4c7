import { refusalOf } from "../api/refusals.ts";
import type { Schema } from "../api/types.ts";
import { Badge, type Tone } from "./Badge.tsx";
import type { Column } from "./Table.tsx";
import { Instant } from "./When.tsx";

type Delivery = Schema<"Delivery">;

/** The four states of rule 4.5. */
export const DELIVERY_STATUS: Readonly<Record<Delivery["status"], string>> = {
  waiting: "waiting",
  sent: "sent",
  not_sent: "not sent",
  dead: "dead",
};
const TONE: Readonly<Record<Delivery["status"], Tone>> = {
  waiting: "warning",
  sent: "success",
  not_sent: "neutral",
  dead: "danger",
};
const NO_VALUE = "–";
const PERSONAL = "personal value, not shown here";

/** A value on its way to Customer Engagement, and the one that was put in its place. */
export interface Sent {
  value: string | null;
  personal: boolean;
  corrected: boolean;
  corrected_value: string | null;
}

/** The value that is really sent; where it was corrected, what it was corrected from, too. */
export function SentValue({ sent }: { sent: Sent }) {
  const recorded = sent.personal ? PERSONAL : (sent.value ?? NO_VALUE);
  if (!sent.corrected) return recorded;
  return (
    <>
      {sent.corrected_value ?? "(no value)"}
      <div className="hint">corrected from “{recorded}”, only in what is sent: Dossier was not changed</div>
    </>
  );
}

/** Why a value was not taken: the sentence of the other side, and the status of its answer apart. */
export function RefusalText({ reason }: { reason: string }) {
  const { sentence, status } = refusalOf(reason);
  return (
    <>
      {sentence}
      {status && <div className="hint">{status}</div>}
    </>
  );
}

type Columns = readonly [Column<Delivery>, ...Column<Delivery>[]];

/** Returns the columns of every list of deliveries. `labels` has the words for what is mapped, such as `field:city`. */
export function deliveryColumns(labels: ReadonlyMap<string, string>): Columns {
  return [
    { head: "What", cell: ({ mapped }) => mapped.map((each) => labels.get(each) ?? each).join(", ") },
    { head: "Attribute", cell: ({ attribute }) => attribute ?? NO_VALUE },
    { head: "Value", cell: (delivery) => <SentValue sent={delivery} /> },
    { head: "Status", cell: (delivery) => <Status delivery={delivery} /> },
    { head: "Attempts", align: "end", cell: ({ attempts }) => attempts },
    { head: "When", cell: ({ at }) => <Instant at={at} /> },
  ];
}

function Status({ delivery: { status, reason } }: { delivery: Delivery }) {
  return (
    <>
      <Badge tone={TONE[status]}>{DELIVERY_STATUS[status]}</Badge>
      {reason && (
        <div className="hint">
          <RefusalText reason={reason} />
        </div>
      )}
    </>
  );
}
