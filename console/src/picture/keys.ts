/** Where the keys of the two sliders lead. */

import { addMonths, dayNumber, dayOf } from "../time/dates.ts";
import type { Window } from "./geometry.ts";
import type { Chosen } from "./useChosen.ts";
import { nextBoundary } from "./versions.ts";

export interface Reach {
  /** All days of the picture. */
  readonly whole: Window;
  readonly boundaries: readonly number[];
  readonly today: number;
  /** The stop that stands for now. */
  readonly now: number;
}

const LATER = ["ArrowRight", "ArrowDown"];
const EARLIER = ["ArrowLeft", "ArrowUp"];
const PAGE_OF_RECORDINGS = 5;

/** Returns the point where a key of the slider of days leads; null where it leads nowhere. */
export function dayKey(key: string, chosen: Chosen, reach: Reach): Chosen | null {
  const day = dayAfter(key, chosen.day, reach);
  if (day === null) return sharedKey(key, chosen, reach);
  return { ...chosen, day: Math.min(Math.max(day, reach.whole.from), reach.whole.until - 1) };
}

function dayAfter(key: string, day: number, { whole, boundaries }: Reach): number | null {
  if (LATER.includes(key)) return day + 1;
  if (EARLIER.includes(key)) return day - 1;
  if (key === "PageUp") return dayNumber(addMonths(dayOf(day), -1));
  if (key === "PageDown") return dayNumber(addMonths(dayOf(day), 1));
  if (key === "Home") return whole.from;
  if (key === "End") return whole.until - 1;
  if (key === ",") return nextBoundary(boundaries, day, -1);
  if (key === ".") return nextBoundary(boundaries, day, 1);
  return null;
}

/** Returns the point where a key of the slider of recordings leads; null where it leads nowhere. */
export function recordingKey(key: string, chosen: Chosen, reach: Reach): Chosen | null {
  const steps: Record<string, number> = {
    ArrowRight: 1,
    ArrowDown: 1,
    ArrowLeft: -1,
    ArrowUp: -1,
    PageUp: -PAGE_OF_RECORDINGS,
    PageDown: PAGE_OF_RECORDINGS,
    Home: -reach.now,
    End: reach.now,
  };
  const step = steps[key];
  if (step === undefined) return sharedKey(key, chosen, reach);
  return { ...chosen, stop: Math.min(Math.max(chosen.stop + step, 0), reach.now) };
}

function sharedKey(key: string, chosen: Chosen, { today, now }: Reach): Chosen | null {
  if (key === "t") return { ...chosen, day: today };
  if (key === "n") return { ...chosen, stop: now };
  return null;
}
