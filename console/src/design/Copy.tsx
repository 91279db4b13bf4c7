import { type ReactNode, useState } from "react";
import { Action } from "./Action.tsx";
import { announce } from "./announce.ts";

const COPIED = "Copied";

/** A button that copies a text, and says so. */
export function Copy({ text, look, children }: { text: string; look?: "quiet"; children: ReactNode }) {
  const [isCopied, setCopied] = useState(false);

  async function copy() {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    announce(COPIED);
  }

  return (
    <span className="row">
      <Action look={look} onClick={() => void copy()}>
        {children}
      </Action>
      {isCopied && <span className="hint">{COPIED}</span>}
    </span>
  );
}
