import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { isReached } from "../api/client.ts";
import { useMe } from "../api/session.ts";
import { downSince, useSignal } from "../api/signals.ts";
import { timeText } from "../time/words.ts";
import { noConnection } from "./texts.ts";

const LOOK_AGAIN_MS = 3_000;

/** Says since when the server is not reached, and looks whether it is there again. */
export function ConnectionBar() {
  const { time_zone } = useMe();
  const since = useSignal(downSince);
  const queries = useQueryClient();

  useEffect(() => {
    if (since === null) return;
    const timer = window.setInterval(async () => {
      if (await isReached()) await queries.invalidateQueries();
    }, LOOK_AGAIN_MS);
    return () => window.clearInterval(timer);
  }, [since, queries]);

  return (
    <div role="status">
      {since !== null && <p className="strip tone-danger">{noConnection(timeText(since, time_zone))}</p>}
    </div>
  );
}
