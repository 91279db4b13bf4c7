import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useId, useRef, useState } from "react";
import { body, client } from "../api/client.ts";
import { problemOf } from "../api/problems.ts";
import { useSubmission } from "../api/submission.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { Dialog } from "../design/Dialog.tsx";
import { Field } from "../design/Field.tsx";
import { Form } from "../design/Form.tsx";
import { Notice } from "../design/Notice.tsx";
import { To } from "../design/To.tsx";
import { usePastReason } from "../shell/usePastReason.ts";
import { texts, undoMerge } from "./mergeTexts.ts";
import { pathOf } from "./paths.ts";

/** The customers whose numbers lead to this one, each with the undoing of its merge (rule 6.1). */
export function MergedCustomers({ customer }: { customer: Schema<"Customer"> }) {
  const heading = useId();
  const past = usePastReason();
  const [other, setOther] = useState<string | null>(null);
  const [message, setMessage] = useState<string | null>(null);
  const title = useRef<HTMLHeadingElement>(null);
  // The button that opened the dialog goes with the merge.
  useEffect(() => {
    if (message !== null) title.current?.focus();
  }, [message]);
  if (customer.aliases.length === 0 && message === null) return null;
  return (
    <section className="panel" aria-labelledby={heading}>
      <h2 id={heading} ref={title} tabIndex={-1}>
        {texts.mergedIn}
      </h2>
      <div role="status">{message !== null && <Notice tone="success">{message}</Notice>}</div>
      <ul className="plain stack-tight">
        {customer.aliases.map((number) => (
          <li key={number} className="row">
            <To href={`${pathOf(number)}/history`}>{number}</To>
            <Action off={past} onClick={() => setOther(number)}>
              {undoMerge(number)}…
            </Action>
          </li>
        ))}
      </ul>
      {other !== null && <Undo customer={customer} other={other} onClose={() => setOther(null)} onDone={setMessage} />}
    </section>
  );
}

interface UndoProps {
  customer: Schema<"Customer">;
  other: string;
  onClose: () => void;
  onDone: (message: string | null) => void;
}

function Undo({ customer, other, onClose, onDone }: UndoProps) {
  const queries = useQueryClient();
  const submission = useSubmission();
  const [reason, setReason] = useState("");
  const undo = useMutation({
    mutationFn: () => {
      const content = { other, reason: reason.trim() || null };
      const header = submission.headers(customer.version, content);
      const params = { path: { number: customer.number }, header };
      return body(client.POST("/v1/customers/{number}/unmerge", { params, body: content }));
    },
    onSuccess: async (answer) => {
      submission.succeeded();
      onDone(answer.message ?? null);
      onClose();
      await queries.invalidateQueries();
    },
    onError: (failure) => problemOf(failure, "stale-version") && queries.invalidateQueries(),
  });
  return (
    <Dialog title={`${undoMerge(other)}?`} isOpen onClose={onClose}>
      <Form names={["reason"]} error={undo.error} onSubmit={() => !undo.isPending && undo.mutate()}>
        <ul className="bullets">
          <li>{texts.undoSeparate}</li>
          <li>{texts.undoValues}</li>
          <li>{texts.undoHistory}</li>
        </ul>
        <Field label={texts.reason} name="reason" errors={problemOf(undo.error)?.of("reason")}>
          {(input) => <input {...input} value={reason} onChange={(event) => setReason(event.target.value)} />}
        </Field>
        <div className="row">
          <Action type="submit" look="primary">
            {undoMerge(other)}
          </Action>
          <Action onClick={onClose}>{texts.cancel}</Action>
        </div>
      </Form>
    </Dialog>
  );
}
