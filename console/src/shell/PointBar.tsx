import { useMe } from "../api/session.ts";
import { Action } from "../design/Action.tsx";
import { isNow, NOW } from "../time/point.ts";
import { usePoint, useSetPoint } from "../time/usePoint.ts";
import { pointText } from "../time/words.ts";
import { texts } from "./texts.ts";

/** Says for which day and as known when the page speaks, wherever that is not now. */
export function PointBar() {
  const me = useMe();
  const point = usePoint();
  const setPoint = useSetPoint();
  if (isNow(point)) return null;
  return (
    <section className="strip tone-warning" aria-label={texts.pointOpen}>
      <span>{pointText(point.validAt ?? me.today, point.knownAt, me.time_zone)}</span>
      <Action onClick={() => setPoint(NOW)}>{texts.backToNow}</Action>
    </section>
  );
}
