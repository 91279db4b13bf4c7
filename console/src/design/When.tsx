import { useMe } from "../api/session.ts";
import { dayText, instantText, type Precision, rangeText } from "../time/words.ts";

/** A day. */
export function Day({ day }: { day: string }) {
  return (
    <time dateTime={day} title={day}>
      {dayText(day)}
    </time>
  );
}

/** A range of days; an end that is null is open. */
export function Days({ from, to }: { from: string; to: string | null }) {
  return <span title={`${from} – ${to ?? ""}`}>{rangeText(from, to)}</span>;
}

/** An instant in the company's time zone. */
export function Instant({ at, precision }: { at: string; precision?: Precision }) {
  const { time_zone } = useMe();
  return (
    <time dateTime={at} title={at}>
      {instantText(at, time_zone, precision)}
    </time>
  );
}
