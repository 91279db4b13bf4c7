import { Badge, type Tone } from "../design/Badge.tsx";
import type { Upload } from "./queries.ts";

const TONES: Readonly<Record<Upload["state"], Tone>> = {
  received: "neutral",
  running: "accent",
  finished: "success",
  cancelled: "neutral",
  refused: "danger",
  failed: "warning",
};

/** The state of an upload. */
export function StateBadge({ state }: { state: Upload["state"] }) {
  return <Badge tone={TONES[state]}>{state}</Badge>;
}
