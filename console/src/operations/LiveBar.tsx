import { useEffect, useRef } from "react";
import { useMe } from "../api/session.ts";
import { Action } from "../design/Action.tsx";
import { announce } from "../design/announce.ts";
import { Badge } from "../design/Badge.tsx";
import { Notice } from "../design/Notice.tsx";
import { secondText } from "../time/words.ts";
import { statusVerdict } from "./judging.ts";
import { noUpdates, texts } from "./texts.ts";
import type { Live } from "./useOperations.ts";

/** How the installation is doing in three words, and whether what is shown still moves. A change of the words is announced. */
export function LiveBar({ live }: { live: Live }) {
  const { time_zone } = useMe();
  const status = live.query.data && statusVerdict(live.query.data);
  const words = status?.words;
  const before = useRef(words);
  useEffect(() => {
    if (before.current !== undefined && words !== undefined && before.current !== words) announce(words);
    before.current = words;
  }, [words]);
  return (
    <div className="row">
      {status && <Badge tone={status.tone}>{status.words}</Badge>}
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
