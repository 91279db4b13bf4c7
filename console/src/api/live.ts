/**
 * Streams of the server: server-sent events, read with `fetch`, because `EventSource` can carry no token where the pages are embedded.
 * A stream that ends is taken up again by itself, after the event that was seen last.
 */

import { bearer } from "./client.ts";
import { events } from "./serverSent.ts";
import { sessionOver } from "./signals.ts";

export interface Following<Message> {
  onMessage: (message: Message) => void;
  /** The stream works, or it is lost since this instant (milliseconds since 1970). */
  onState?: (lostSince: number | null) => void;
}

const AGAIN_MS = 3_000;
const UNAUTHORIZED = 401;

/** Follows the messages of one type, whose data is JSON. Returns the function that ends it. */
export function follow<Message>(url: string, type: string, following: Following<Message>): () => void {
  const stop = new AbortController();
  let lastId: string | null = null;
  let lostSince: number | null = null;

  function report(since: number | null) {
    lostSince = since;
    following.onState?.(since);
  }

  async function readOnce() {
    const response = await fetch(url, { headers: headers(lastId), signal: stop.signal });
    if (response.status === UNAUTHORIZED) sessionOver.set(true);
    if (!response.ok || response.body === null) return;
    report(null);
    for await (const event of events(response.body)) {
      lastId = event.id ?? lastId;
      if (event.type === type) following.onMessage(JSON.parse(event.data));
    }
  }

  async function run() {
    while (!stop.signal.aborted) {
      await readOnce().catch(() => undefined);
      if (stop.signal.aborted) return;
      report(lostSince ?? Date.now());
      await new Promise((resolve) => window.setTimeout(resolve, AGAIN_MS));
    }
  }

  void run();
  return () => stop.abort();
}

function headers(lastId: string | null): Record<string, string> {
  const token = bearer();
  return {
    Accept: "text/event-stream",
    "Dossier-Console": "1",
    ...(token !== null && { Authorization: `Bearer ${token}` }),
    ...(lastId !== null && { "Last-Event-ID": lastId }),
  };
}
