import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { body, client } from "../api/client.ts";
import { problemOf } from "../api/problems.ts";
import { useSubmission } from "../api/submission.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { Dialog } from "../design/Dialog.tsx";
import { Field } from "../design/Field.tsx";
import { Form } from "../design/Form.tsx";
import { leave, useLeavingTab } from "../design/leaving.ts";
import { question, texts } from "./eraseTexts.ts";

interface Props {
  customer: Schema<"Customer">;
  onClose: () => void;
  /** Is given what the API says of it. */
  onErased: (message: string | null) => void;
}

/** Erases the personal data of a customer, once it has been said what that does (rule 5.1). */
export function EraseDialog({ customer: { number, version, aliases }, onClose, onErased }: Props) {
  const queries = useQueryClient();
  const submission = useSubmission();
  const [reason, setReason] = useState("");
  useLeavingTab(reason !== "");
  const off = reason.trim() === "" ? texts.enterReason : null;
  const close = () => leave(onClose);

  const erase = useMutation({
    mutationFn: () => {
      const content = { reason: reason.trim() };
      const params = { path: { number }, header: submission.headers(version, content) };
      return body(client.POST("/v1/customers/{number}/erase", { params, body: content }));
    },
    onSuccess: async (answer) => {
      submission.succeeded();
      onErased(answer.message ?? null);
      onClose();
      await queries.invalidateQueries();
    },
    // What somebody else changed meanwhile is read before it is erased after all.
    onError: (failure) => problemOf(failure, "stale-version") && queries.invalidateQueries(),
  });

  return (
    <Dialog title={question(number)} isOpen onClose={close}>
      <Form names={["reason"]} error={erase.error} onSubmit={() => off === null && !erase.isPending && erase.mutate()}>
        <ul className="bullets">
          <li>{texts.unreadable}</li>
          {aliases.length > 0 && <li>{texts.merged}</li>}
          <li>{texts.rest}</li>
          <li>{texts.forGood}</li>
        </ul>
        <Field label={texts.reason} name="reason" hint={texts.reasonHint} errors={problemOf(erase.error)?.of("reason")}>
          {(input) => <input {...input} value={reason} onChange={(event) => setReason(event.target.value)} />}
        </Field>
        <div className="row">
          <Action type="submit" look="primary" off={off}>
            {texts.erase}
          </Action>
          <Action onClick={close}>{texts.cancel}</Action>
        </div>
      </Form>
    </Dialog>
  );
}
