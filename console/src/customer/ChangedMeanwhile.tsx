import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMe } from "../api/session.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { Notice } from "../design/Notice.tsx";
import { NOW } from "../time/point.ts";
import { timeText } from "../time/words.ts";
import { actsOf, changesOf, type Entry, type Names } from "./events.ts";
import { lastEventsQuery, latestVersionQuery } from "./queries.ts";
import { changedBy, earlierChanges, eventText, pageTexts as texts } from "./texts.ts";
import { useNames } from "./useNames.ts";

const LOOK_AGAIN_MS = 30_000;
const CATCH_UP_MS = 1_000;
const MOST_EVENTS = 100;
const MOST_ACTS = 3;

/** Says who changed what of the customer since it was read; what is shown stays until it is asked for anew. */
export function ChangedMeanwhile({ customer: { number, version } }: { customer: Schema<"Customer"> }) {
  const { data: latest } = useQuery({
    ...latestVersionQuery(number),
    initialData: version,
    refetchInterval: LOOK_AGAIN_MS,
  });
  return <div role="status">{latest > version && <Changes number={number} seen={version} latest={latest} />}</div>;
}

/** The changes after the version that was seen, the last one first. */
function Changes({ number, seen, latest }: { number: string; seen: number; latest: number }) {
  const { time_zone } = useMe();
  const queries = useQueryClient();
  const names = useNames();
  const { data: entries = [] } = useQuery({
    ...lastEventsQuery(number, Math.min(latest - seen, MOST_EVENTS), NOW),
    // The history may not have the latest events yet.
    refetchInterval: ({ state }) => ((state.data?.[0]?.version ?? seen) < latest ? CATCH_UP_MS : false),
  });
  const acts = actsOf(entries.filter(({ version }) => version > seen));
  if (acts.length === 0) return null;
  return (
    <Notice tone="accent">
      <ul className="plain">
        {acts.slice(0, MOST_ACTS).map(({ actor, at, entries }) => (
          <li key={`${at} ${actor}`}>{changedBy(actor, timeText(at, time_zone), factsOf(entries, names))}</li>
        ))}
        {acts.length > MOST_ACTS && <li>{earlierChanges(acts.length - MOST_ACTS)}</li>}
      </ul>
      <div>
        <Action onClick={() => void queries.invalidateQueries()}>{texts.show}</Action>
      </div>
    </Notice>
  );
}

/** Returns each value that was changed, with the new one; of events that change none, what they are. */
function factsOf(entries: readonly Entry[], names: Names): string[] {
  const facts = entries.flatMap((entry) => {
    const changes = changesOf(entry, names).map(({ label, after }) => `${label}: ${after ?? texts.notSet}`);
    return changes.length === 0 ? [eventText(entry)] : changes;
  });
  return [...new Set(facts)];
}
