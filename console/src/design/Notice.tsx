import type { ReactNode } from "react";
import type { Tone } from "./Badge.tsx";

interface Props {
  tone?: Tone;
  /** Announced when it appears: `status` politely, `alert` at once. */
  role?: "status" | "alert";
  children: ReactNode;
}

/** A message that belongs to what stands around it. */
export function Notice({ tone = "neutral", role, children }: Props) {
  return (
    <div className={`notice tone-${tone}`} role={role}>
      {children}
    </div>
  );
}
