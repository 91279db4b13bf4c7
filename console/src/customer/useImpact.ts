/** What a change of a customer would do, once somebody asks: its preview, and the digest that the change carries then. */

import { useState } from "react";
import type { Schema } from "../api/types.ts";
import { usePreview } from "../history/usePreview.ts";

export const IMPACT = { impact: true };

type Preview = Pick<Schema<"CustomerPreviewRead">, "changes" | "changes_left_off" | "impact">;

/** Returns the impact of a change as it stands in a form. It is asked for where it can be opened and was. */
export function useImpact<Change>(
  key: readonly string[],
  change: Change,
  canOpen: boolean,
  ask: (change: Change, signal: AbortSignal) => Promise<Preview>,
) {
  const [isOpen, setOpen] = useState(false);
  const { query, isCurrent } = usePreview(
    key,
    JSON.stringify(change),
    (asked, signal) => ask(JSON.parse(asked) as Change, signal),
    canOpen && isOpen,
  );
  return { isOpen, setOpen, query, isCurrent, digest: isCurrent ? (query.data?.impact?.digest ?? null) : null };
}

export type Impact = ReturnType<typeof useImpact>;
