import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useRights } from "../api/session.ts";
import { Notice } from "../design/Notice.tsx";
import { DELIVERY_STATUS } from "../design/Sent.tsx";
import { NOW } from "../time/point.ts";
import { deliveriesOfQuery } from "./queries.ts";
import { drawerTexts as texts } from "./texts.ts";
import type { Saved } from "./useDrawerForm.ts";

const ASK_EVERY_MS = 2_000;
const AT_MOST_MS = 30_000;

interface Props {
  number: string;
  saved: Saved;
  /** Where all deliveries of the customer are listed; absent where they are not. */
  list?: string;
}

/** What was stored with OK, and what becomes of each change that is forwarded. */
export function SavedProfile({ number, saved: { answer, before, stored }, list }: Props) {
  const may = useRights();
  return (
    <Notice tone="success" role="status">
      <p>{answer.message}</p>
      {stored.length > 0 && (
        <ul className="plain" aria-label={texts.storedAnswers}>
          {stored.map(({ label, answer: words }) => (
            <li key={label}>
              {label}: {words ?? texts.blank}
            </li>
          ))}
        </ul>
      )}
      {answer.position != null && may("list_deliveries") && (
        <Forwarded number={number} last={answer.position} count={answer.version - before} list={list} />
      )}
    </Notice>
  );
}

/** The deliveries of the events of one commit, which have the last positions up to `last`. */
function Forwarded({ number, last, count, list }: Pick<Props, "number" | "list"> & { last: number; count: number }) {
  const isPatient = useFor(AT_MOST_MS);
  const { data: deliveries = [] } = useQuery({
    ...deliveriesOfQuery(number, last - count, last, NOW),
    refetchInterval: ({ state }) =>
      isPatient && !state.data?.every(({ status }) => status !== "waiting") ? ASK_EVERY_MS : false,
  });
  if (deliveries.length === 0) return null;
  return (
    <div>
      <h3>{texts.deliveries}</h3>
      <ul className="plain">
        {deliveries.map((delivery) => (
          <li key={delivery.delivery_id}>
            {delivery.attribute ?? delivery.mapped.join(", ")}:{" "}
            {delivery.status === "waiting" && !isPatient ? (
              <StillWaiting list={list} />
            ) : (
              DELIVERY_STATUS[delivery.status]
            )}
            {delivery.reason && `: ${delivery.reason}`}
          </li>
        ))}
      </ul>
    </div>
  );
}

function StillWaiting({ list }: Pick<Props, "list">) {
  return list === undefined ? texts.stillWaiting : <a href={list}>{texts.stillWaiting}</a>;
}

/** Returns true for this long, then false. */
function useFor(milliseconds: number): boolean {
  const [isOn, setOn] = useState(true);
  useEffect(() => {
    const timer = window.setTimeout(() => setOn(false), milliseconds);
    return () => window.clearTimeout(timer);
  }, [milliseconds]);
  return isOn;
}
