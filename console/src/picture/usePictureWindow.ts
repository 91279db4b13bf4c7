import { useMemo, useState } from "react";
import { dayNumber } from "../time/dates.ts";
import { including, type Window, wholeWindow } from "./geometry.ts";
import { boundariesOf, type Recording } from "./versions.ts";

export interface PictureWindow {
  /** The days that are shown. */
  readonly window: Window;
  /** All days that there is something to see of. */
  readonly whole: Window;
  readonly zoomed: Window | null;
  readonly zoom: (window: Window | null) => void;
}

/** Returns the days that the picture shows; the chosen day is always among them. */
export function usePictureWindow(
  recordings: readonly Recording[],
  start: string,
  today: string,
  day: number,
): PictureWindow {
  const [zoomed, zoom] = useState<Window | null>(null);
  const all = useMemo(() => {
    const boundaries = boundariesOf(recordings.flatMap(({ versions }) => versions));
    return wholeWindow(dayNumber(start), dayNumber(today), boundaries);
  }, [recordings, start, today]);
  const from = Math.min(all.from, day);
  const until = Math.max(all.until, day + 1);
  const whole = useMemo(() => ({ from, until }), [from, until]);
  const shown = zoomed === null ? whole : including(zoomed, day);
  const window = useMemo(() => ({ from: shown.from, until: shown.until }), [shown.from, shown.until]);
  return { window, whole, zoomed, zoom };
}
