import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { body, client } from "../api/client.ts";
import { problemOf } from "../api/problems.ts";
import { refusalOf } from "../api/refusals.ts";
import { Action } from "../design/Action.tsx";
import { Dialog } from "../design/Dialog.tsx";
import { Notice } from "../design/Notice.tsx";
import { Problem } from "../design/Problem.tsx";
import { LETTERS } from "./queries.ts";
import { letters, requested, letterTexts as texts } from "./texts.ts";

/** The letters that are meant, and how many of them the person saw. */
export type Chosen = { count: number } & ({ reason: string } | { eventIds: readonly string[] });

interface Props {
  chosen: Chosen;
  onClose: () => void;
  onDone: (outcome: string) => void;
}

/** Repeats which letters are meant and how many they are, and sends them again if that is still true. */
export function ResendMany({ chosen, onClose, onDone }: Props) {
  const queries = useQueryClient();
  const [seen, setSeen] = useState(chosen.count);
  const [isForced, setForced] = useState(false);
  const resend = useMutation({
    mutationFn: () => {
      const which = "reason" in chosen ? { reason: chosen.reason } : { event_ids: [...chosen.eventIds] };
      return body(client.POST("/v1/dead-letters/resend", { body: { ...which, count: seen, force: isForced } }));
    },
    onSuccess: (answer) => {
      onDone([requested(answer.requested, answer.refused), ...answer.refusals.map(({ why }) => why)].join(" "));
      onClose();
    },
    onError: (error) => setSeen(problemOf(error)?.problem.count ?? seen),
    onSettled: () => queries.invalidateQueries({ queryKey: LETTERS }),
  });
  return (
    <Dialog title={`${texts.resend} ${letters(seen)}?`} isOpen onClose={onClose}>
      {"reason" in chosen && (
        <p>
          {texts.reason}: {refusalOf(chosen.reason).sentence}
        </p>
      )}
      {resend.error &&
        (problemOf(resend.error, "conflict") ? (
          <Notice tone="warning" role="alert">
            {resend.error.message}
          </Notice>
        ) : (
          <Problem error={resend.error} />
        ))}
      <label className="row">
        <input type="checkbox" checked={isForced} onChange={(event) => setForced(event.target.checked)} />
        {texts.forceMany}
      </label>
      <div className="row">
        <Action look="primary" off={seen === 0 ? texts.none : null} onClick={() => resend.mutate()}>
          {texts.resend} {letters(seen)}
        </Action>
        <Action onClick={onClose}>{texts.cancel}</Action>
      </div>
    </Dialog>
  );
}
