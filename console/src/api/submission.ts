/** Headers of a write that a form sends: which version it was filled from, and a key under which it can be sent again. */

import { useRef } from "react";

/** Returns the entity tag of a version. */
export function etag(version: number): string {
  return `"${version}"`;
}

/**
 * Returns a function that gives the headers of a form's write. The key is the same for the same body, so that sending it again after a
 * lost answer stores it once; another body gets another key, and so does whatever follows a success.
 */
export function useSubmission() {
  const last = useRef<{ key: string; body: string } | null>(null);
  return {
    headers(version: number, body: unknown) {
      const text = JSON.stringify(body);
      if (last.current?.body !== text) last.current = { key: crypto.randomUUID(), body: text };
      return { "If-Match": etag(version), "Idempotency-Key": last.current.key };
    },
    succeeded() {
      last.current = null;
    },
  };
}
