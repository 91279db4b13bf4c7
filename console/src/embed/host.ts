/** The page around an embedded part: messages go to it, and are taken from it, only if its origin is one that was configured. */

import { type FromFrame, type FromHost, isFromHost } from "./messages.ts";

const ORIGINS = "dossier-embed-origins";

/** Returns the origins that may embed these pages; the server writes them into the page. */
function configured(): string[] {
  const meta = document.querySelector<HTMLMetaElement>(`meta[name="${ORIGINS}"]`);
  return (meta?.content ?? "").split(" ").filter(Boolean);
}

/** Returns the configured origin of the page around this one, or null. */
export function hostOrigin(): string | null {
  const around = window.location.ancestorOrigins?.[0] ?? originOf(document.referrer);
  return configured().find((origin) => origin === around) ?? null;
}

function originOf(address: string): string | null {
  return URL.canParse(address) ? new URL(address).origin : null;
}

/** Sends a message to the host. */
export function tell(message: FromFrame): void {
  const origin = hostOrigin();
  if (origin !== null) window.parent.postMessage({ dossier: 1, ...message }, origin);
}

/** Takes messages of the host. Returns the function that ends it. */
export function listen(onMessage: (message: FromHost) => void): () => void {
  const origin = hostOrigin();
  function onEvent(event: MessageEvent<unknown>) {
    if (event.source === window.parent && event.origin === origin && isFromHost(event.data)) onMessage(event.data);
  }
  window.addEventListener("message", onEvent);
  return () => window.removeEventListener("message", onEvent);
}
