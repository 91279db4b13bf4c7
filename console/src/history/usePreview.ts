/** What a change that is being entered would do, asked for anew as it is entered. Nothing of it is recorded. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useRested } from "../design/useRested.ts";

const REST_MS = 250;
/** The text of a change in which something is missing yet. */
const MISSING = "null";

/**
 * Returns the preview of a change, given as the text of its JSON. `isCurrent`: it is of what stands in the form now, also while it is asked
 * for again. `key` names what is changed; nothing is asked for until `isAsked`.
 */
export function usePreview<Preview>(
  key: readonly (string | null)[],
  text: string,
  ask: (change: string, signal: AbortSignal) => Promise<Preview>,
  isAsked = true,
) {
  const rested = useRested(text, REST_MS);
  const query = useQuery({
    queryKey: ["preview", ...key, rested],
    queryFn: ({ signal }) => ask(rested, signal),
    enabled: isAsked && rested !== MISSING,
    staleTime: 0,
    gcTime: 0,
    placeholderData: keepPreviousData,
  });
  const isCurrent = isAsked && text === rested && query.isSuccess && !query.isPlaceholderData;
  return { query, isCurrent };
}
