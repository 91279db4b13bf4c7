/** Which rows of a list have just changed under the eyes of who reads it, so that they can be marked for a moment. */

import { useEffect, useRef, useState } from "react";

const MARKED_MS = 3_000;
const NONE: ReadonlySet<string> = new Set();

/** Returns the keys of rows that are new or different since the same list was last drawn, for three seconds. */
export function useJustChanged<Row>(
  list: string,
  rows: readonly Row[],
  keyOf: (row: Row) => string,
): ReadonlySet<string> {
  const before = useRef<{ list: string; rows: ReadonlyMap<string, string> } | null>(null);
  const [marked, setMarked] = useState(NONE);
  const now = new Map(rows.map((row) => [keyOf(row), JSON.stringify(row)]));
  const state = JSON.stringify([list, ...now]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another content counts
  useEffect(() => {
    const earlier = before.current;
    before.current = { list, rows: now };
    if (earlier?.list !== list) return;
    const changed = [...now].filter(([key, content]) => earlier.rows.get(key) !== content).map(([key]) => key);
    if (changed.length > 0) setMarked(new Set(changed));
  }, [state]);
  useEffect(() => {
    if (marked.size === 0) return;
    const timer = window.setTimeout(() => setMarked(NONE), MARKED_MS);
    return () => window.clearTimeout(timer);
  }, [marked]);
  return marked;
}
