/** How fast an upload goes, from two looks at it. */

import { useEffect, useRef } from "react";
import { announce } from "../design/announce.ts";
import { elapsed } from "../time/dates.ts";
import { isOver, type Upload } from "./queries.ts";
import { of, texts } from "./texts.ts";

interface Look {
  at: number;
  rows: number;
  bytes: number;
}

/** Returns the rate since the upload was first looked at, and the time that is left; null while neither is known. */
export function useRate(upload: Upload): string | null {
  const first = useRef<Look | null>(null);
  const now: Look = { at: Date.now(), rows: upload.rows, bytes: upload.bytes_done };
  first.current ??= now;
  const seconds = (now.at - first.current.at) / 1_000;
  const bytes = now.bytes - first.current.bytes;
  if (isOver(upload) || seconds < 1 || bytes === 0) return null;
  const left = ((upload.size - now.bytes) / bytes) * seconds;
  return `${of(Math.round((now.rows - first.current.rows) / seconds), "row")} a second · ${elapsed(left * 1_000)} left`;
}

/** Announces how far it has come, at every quarter. */
export function useQuarters(percent: number): void {
  const quarter = Math.floor(percent / 25);
  const last = useRef(quarter);
  useEffect(() => {
    if (quarter > last.current) announce(`${texts.progress}: ${quarter * 25} %`);
    last.current = quarter;
  }, [quarter]);
}
