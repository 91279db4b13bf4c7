import { useEffect, useRef } from "react";
import { useMe } from "../api/session.ts";
import { Action } from "../design/Action.tsx";
import { announce } from "../design/announce.ts";
import { Badge, type Tone } from "../design/Badge.tsx";
import { Notice } from "../design/Notice.tsx";
import { secondText } from "../time/words.ts";
import type { Reading } from "./judging.ts";
import { noUpdates, STATUS, texts } from "./texts.ts";
import type { Live } from "./useOperations.ts";

const TONE: Readonly<Record<Reading["status"], Tone>> = { ready: "success", degraded: "warning", unready: "danger" };

/** How the installation is doing in three words, and whether what is shown still moves. A change of the words is announced. */
export function LiveBar({ live }: { live: Live }) {
  const { time_zone } = useMe();
  const status = live.query.data?.status;
  const before = useRef(status);
  useEffect(() => {
    if (before.current !== undefined && status !== undefined && before.current !== status) announce(STATUS[status]);
    before.current = status;
  }, [status]);
  return (
    <div className="row">
      {status && <Badge tone={TONE[status]}>{STATUS[status]}</Badge>}
      <Action aria-pressed={live.isPaused} onClick={() => live.setPaused(!live.isPaused)}>
        {texts.pause}
      </Action>
      {live.isPaused && <span className="hint">{texts.paused}</span>}
      {live.lostSince !== null && (
        <Notice tone="warning" role="status">
          {noUpdates(secondText(live.lostSince, time_zone))}
        </Notice>
      )}
    </div>
  );
}
