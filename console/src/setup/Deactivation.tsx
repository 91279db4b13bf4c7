import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { Dialog } from "../design/Dialog.tsx";
import { Problem } from "../design/Problem.tsx";
import { texts } from "./texts.ts";

interface Props {
  /** What is deactivated, as its button and its question name it. */
  name: string;
  meaning: string;
  isActive: boolean;
  off: string | null;
  save: (isActive: boolean) => Promise<Schema<"WriteAnswer">>;
}

/** Deactivates, after saying what that means; nothing is ever deleted (rule 1.13). */
export function Deactivation({ name, meaning, isActive, off, save }: Props) {
  const queries = useQueryClient();
  const [isAsked, setAsked] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const verb = isActive ? texts.deactivate : texts.activate;

  async function confirm() {
    setError(null);
    try {
      await save(!isActive);
      setAsked(false);
      await queries.invalidateQueries();
    } catch (failure) {
      setError(failure as Error);
    }
  }

  return (
    <>
      <Action off={off} onClick={() => setAsked(true)}>
        {verb}
        <span className="unseen"> {name}</span>
      </Action>
      <Dialog title={`${verb} ${name}?`} isOpen={isAsked} onClose={() => setAsked(false)}>
        <p>{isActive ? meaning : texts.activated}</p>
        {error && <Problem error={error} />}
        <div className="row">
          <Action look="primary" onClick={() => void confirm()}>
            {verb}
          </Action>
          <Action onClick={() => setAsked(false)}>{texts.cancel}</Action>
        </div>
      </Dialog>
    </>
  );
}
