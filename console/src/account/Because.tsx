import { Instant } from "../design/When.tsx";
import type { Version } from "../picture/versions.ts";
import { texts } from "./texts.ts";

interface Props {
  /** The event that made a value what it is; null where the company set it. */
  id: string | null;
  events: readonly Version[];
}

/** When, by whom and why a value was recorded. */
export function Because({ id, events }: Props) {
  const event = events.find(({ event_id }) => event_id === id);
  if (event === undefined) return id ?? texts.systemSet;
  return (
    <>
      {texts.recorded} <Instant at={event.recorded_at} precision="seconds" /> by {event.actor}
      {event.reason !== null && `: “${event.reason}”`}
    </>
  );
}
