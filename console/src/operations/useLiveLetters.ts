/** Keeps what is read of dead letters up to date: whenever their counts change, they are read again. */

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { Reading } from "./judging.ts";
import { LETTERS, type Letter, STATES } from "./queries.ts";

/** Reads the lists of letters again when the state of one that is open is another than before. */
export function useListsFollowing(state: Letter["state"] | undefined): void {
  const queries = useQueryClient();
  const before = useRef(state);
  useEffect(() => {
    if (before.current !== undefined && before.current !== state) void queries.invalidateQueries({ queryKey: LETTERS });
    before.current = state;
  }, [state, queries]);
}

/** Reads the letters again when the counts, as the stream tells them, are others than before. */
export function useLiveLetters(counts: NonNullable<Reading["dead_letters"]> | undefined): void {
  const queries = useQueryClient();
  const now = counts && STATES.map((state) => counts[state]).join(" ");
  const before = useRef<string>(undefined);
  useEffect(() => {
    if (now === undefined || now === before.current) return;
    before.current = now;
    // The first counts may be later than what was read of the letters, too.
    void queries.invalidateQueries({ queryKey: LETTERS }, { cancelRefetch: false });
  }, [now, queries]);
}
