/** The call of the agent who is signed in, as its stream tells it, at once and at every change. All parts of a page share one stream. */

import { useEffect } from "react";
import { follow } from "./live.ts";
import { Signal, useSignal } from "./signals.ts";
import type { Schema } from "./types.ts";

export type Interaction = Schema<"InteractionRead">;
type Current = Schema<"CurrentInteraction">;

const STREAM = "/v1/current-interaction/stream";
const open = new Signal<Interaction | null>(null);
let followers = 0;
let end: (() => void) | null = null;

/** Follows the stream for as long as somebody does. Returns the function that ends it for this one. */
function followCall(): () => void {
  followers += 1;
  end ??= follow<Current>(STREAM, "interaction", { onMessage: ({ interaction }) => open.set(interaction) });
  return () => {
    followers -= 1;
    if (followers > 0) return;
    end?.();
    end = null;
    open.set(null);
  };
}

/** Returns the caller's open interaction, as it is now; null where there is none, or where it is not asked for. */
export function useCurrentInteraction(isAsked: boolean): Interaction | null {
  useEffect(() => (isAsked ? followCall() : undefined), [isAsked]);
  const call = useSignal(open);
  return isAsked ? call : null;
}
