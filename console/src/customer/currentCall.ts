/** The call of the agent who is signed in, as its stream tells it, at once and at every change. */

import { useEffect, useState } from "react";
import { follow } from "../api/live.ts";
import type { Schema } from "../api/types.ts";
import type { Widget } from "./edits.ts";

export type Interaction = Schema<"InteractionRead">;
type Current = Schema<"CurrentInteraction">;

const STREAM = "/v1/current-interaction/stream";

/** Returns the caller's open interaction, as it is now; null where there is none, or where it is not asked for. */
export function useCurrentInteraction(isAsked: boolean): Interaction | null {
  const [open, setOpen] = useState<Interaction | null>(null);
  useEffect(() => {
    if (!isAsked) return;
    return follow<Current>(STREAM, "interaction", { onMessage: ({ interaction }) => setOpen(interaction) });
  }, [isAsked]);
  return open;
}

/**
 * Returns whether a widget does not have the call yet that the stream tells of. A widget may have the call with a customer who was merged
 * into its own, so its interaction counts, whatever customer that one names.
 */
export function isBehindCall(widget: Widget | undefined, call: Interaction | null): boolean {
  if (widget === undefined) return false;
  const shown = widget.interaction ?? null;
  if (shown === null) return call?.customer === widget.number;
  return shown.interaction !== call?.interaction || shown.state !== call.state;
}
