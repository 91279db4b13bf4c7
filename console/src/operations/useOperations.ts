/** The state of the installation as it changes: read once, then kept up to date by its stream. */

import { type UseQueryResult, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { follow } from "../api/live.ts";
import type { Reading } from "./judging.ts";
import { operationsQuery } from "./queries.ts";

const STREAM = "/v1/operations/stream";
const FIVE_MINUTES = 300;
/** A stream that the server ends after a while is taken up again in less. */
const LOST_AFTER_MS = 5_000;

/** The readings of the last five minutes, oldest first; they outlast the page that collected them. */
let collected: readonly Reading[] = [];

export interface Live {
  query: UseQueryResult<Reading>;
  /** The readings that are drawn, oldest first. */
  history: readonly Reading[];
  /** When the stream was lost, in milliseconds since 1970; null while it works. */
  lostSince: number | null;
  isPaused: boolean;
  /** Stops and resumes drawing. */
  setPaused: (isPaused: boolean) => void;
}

/** Returns the state of the installation. Drawing rests while it is paused, under a dialog or a menu, and while nobody sees the page. */
export function useOperations(): Live {
  const queries = useQueryClient();
  const query = useQuery(operationsQuery());
  const [history, setHistory] = useState(collected);
  const [lostSince, setLostSince] = useState<number | null>(null);
  const [isPaused, setPaused] = useState(false);
  const rests = useRef(false);
  const isAllowed = query.isSuccess;

  useEffect(() => {
    rests.current = isPaused;
  }, [isPaused]);

  useEffect(() => {
    if (!isAllowed) return;
    let timer = 0;
    function onMessage(reading: Reading) {
      collected = [...collected, reading].slice(-FIVE_MINUTES);
      if (rests.current || isCovered()) return;
      queries.setQueryData(operationsQuery().queryKey, reading);
      setHistory(collected);
    }
    function onState(since: number | null) {
      window.clearTimeout(timer);
      if (since === null) setLostSince(null);
      else timer = window.setTimeout(setLostSince, since + LOST_AFTER_MS - Date.now(), since);
    }
    const end = follow<Reading>(STREAM, "operations", { onMessage, onState });
    return () => {
      window.clearTimeout(timer);
      end();
    };
  }, [isAllowed, queries]);

  return { query, history, lostSince, isPaused, setPaused };
}

function isCovered(): boolean {
  return document.hidden || document.querySelector("[role=dialog], [role=menu]") !== null;
}
