import { useQuery } from "@tanstack/react-query";
import { useParams } from "wouter";
import { customerQuery } from "../api/customers.ts";
import { Instant } from "../design/When.tsx";
import { Points } from "../history/Points.tsx";
import { SideBySide } from "../history/SideBySide.tsx";
import { usePair } from "../history/usePair.ts";
import { Page } from "../shell/Page.tsx";
import { NOW } from "../time/point.ts";
import { storedHint } from "./CategoryField.tsx";
import { CustomerTabs } from "./CustomerTabs.tsx";
import { compared, type Held } from "./comparing.ts";
import "./customer.css";
import type { Entry } from "./events.ts";
import { Value } from "./FieldValue.tsx";
import { customerName } from "./paths.ts";
import { comparisonQuery, lastEventsQuery } from "./queries.ts";
import { comparisonOf, SOURCE, pageTexts as texts } from "./texts.ts";
import { useFollowedMerge } from "./useFollowedMerge.ts";

/** How many recordings are offered to choose from; any other instant can be in the address. */
const MOST_INSTANTS = 500;

/** Two points of a customer side by side; the address holds both. */
export default function ComparePage() {
  const { number = "" } = useParams();
  const [pair, setPair] = usePair();
  const customer = useQuery(customerQuery(number, NOW)).data;
  const history = useQuery({ ...lastEventsQuery(number, MOST_INSTANTS, NOW), select: oldestFirst });
  const events = history.data ?? [];
  const comparison = useQuery(comparisonQuery(number, pair));
  useFollowedMerge(number, customer?.number, "/compare");
  return (
    <Page title={comparisonOf(customer?.name ?? number)}>
      <CustomerTabs number={number} />
      <Points pair={pair} onChange={setPair} query={history} />
      <SideBySide pair={pair} name={customerName(number)} first={customer?.registered_at} query={comparison}>
        {(data) =>
          compared(data).map(({ a, b, ...rest }) => ({
            ...rest,
            a: <Cell held={a} events={events} />,
            b: <Cell held={b} events={events} />,
          }))
        }
      </SideBySide>
    </Page>
  );
}

function oldestFirst<Item>(items: readonly Item[]): readonly Item[] {
  return items.toReversed();
}

function Cell({ held, events }: { held: Held | null; events: readonly Entry[] }) {
  if (held === null) return <span className="muted">{texts.notSet}</span>;
  const { value, category, field } = held;
  const at = category?.changed_at ?? field?.changed_at;
  const reason = events.find((each) => each.recorded_at === at)?.reason;
  return (
    <>
      {field ? <Value field={field} value={value} /> : value}
      {category && <div className="hint">{storedHint(category)}</div>}
      {field?.changed_at && (
        <div className="hint">
          {SOURCE[field.source ?? ""] ?? field.source}, {field.changed_by}, <Instant at={field.changed_at} />
        </div>
      )}
      {reason && <div className="hint">“{reason}”</div>}
    </>
  );
}
