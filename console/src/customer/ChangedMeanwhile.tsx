import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMe } from "../api/session.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { Notice } from "../design/Notice.tsx";
import { NOW } from "../time/point.ts";
import { timeText } from "../time/words.ts";
import { lastEventsQuery, latestVersionQuery } from "./queries.ts";
import { changedBy, pageTexts as texts } from "./texts.ts";

const LOOK_AGAIN_MS = 30_000;

/** Says who changed the customer since it was read; what is shown stays until it is asked for anew. */
export function ChangedMeanwhile({ customer: { number, version } }: { customer: Schema<"Customer"> }) {
  const { time_zone } = useMe();
  const queries = useQueryClient();
  const { data: latest } = useQuery({
    ...latestVersionQuery(number),
    initialData: version,
    refetchInterval: LOOK_AGAIN_MS,
  });
  const isNewer = latest > version;
  const [last] = useQuery({ ...lastEventsQuery(number, 1, NOW), enabled: isNewer }).data ?? [];
  return (
    <div role="status">
      {isNewer && last && (
        <Notice tone="accent">
          <div className="row">
            {changedBy(last.actor, timeText(last.recorded_at, time_zone))}
            <Action onClick={() => void queries.invalidateQueries()}>{texts.show}</Action>
          </div>
        </Notice>
      )}
    </div>
  );
}
