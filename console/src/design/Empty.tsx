import type { ReactNode } from "react";

/** Says that there is nothing, and what to do next. */
export function Empty({ text, children }: { text: string; children?: ReactNode }) {
  return (
    <div className="stack">
      <p className="muted">{text}</p>
      {children}
    </div>
  );
}
