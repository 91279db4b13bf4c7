/** What a widget has of the agent's call. */

import type { Interaction } from "../api/currentCall.ts";
import type { Widget } from "./edits.ts";

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
