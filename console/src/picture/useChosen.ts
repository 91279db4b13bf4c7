/** The point that is chosen in the picture: it moves at once, and is put into the address once it rests. */

import { useEffect, useRef, useState } from "react";
import { dayNumber, dayOf } from "../time/dates.ts";
import type { Point } from "../time/point.ts";
import { usePoint, useSetPoint } from "../time/usePoint.ts";
import { type Recording, recordingAt } from "./versions.ts";

export interface Chosen {
  /** The business day, as a number. */
  readonly day: number;
  /** The index of the last recording that is known; the number of recordings stands for now, -1 for before the first one. */
  readonly stop: number;
}

/** Moves the point. While it is held, as by a pointer, it is not put into the address. */
export type Choose = (chosen: Chosen, isHeld?: boolean) => void;

const REST_MS = 120;

/** Returns the chosen point, its instant of knowledge (null: now), and the function that moves it. */
export function useChosen(recordings: readonly Recording[], today: string): [Chosen, string | null, Choose] {
  const point = usePoint();
  const latest = useSetPoint();
  const setPoint = useRef(latest);
  const [moved, setMoved] = useState<Chosen | null>(null);
  const timer = useRef<number>(undefined);
  useEffect(() => {
    setPoint.current = latest;
  });
  useEffect(() => () => window.clearTimeout(timer.current), []);

  function choose(chosen: Chosen, isHeld = false) {
    window.clearTimeout(timer.current);
    setMoved(chosen);
    if (isHeld) return;
    timer.current = window.setTimeout(() => {
      setPoint.current(pointOfChosen(chosen, recordings, today), { replace: true });
      setMoved(null);
    }, REST_MS);
  }

  const chosen = moved ?? {
    day: dayNumber(point.validAt ?? today),
    stop: point.knownAt === null ? recordings.length : recordingAt(recordings, point.knownAt),
  };
  const knownAt = moved === null ? point.knownAt : (recordings[moved.stop]?.at ?? null);
  return [chosen, knownAt, choose];
}

function pointOfChosen({ day, stop }: Chosen, recordings: readonly Recording[], today: string): Point {
  const valid = dayOf(day);
  return { validAt: valid === today ? null : valid, knownAt: recordings[stop]?.at ?? null };
}
