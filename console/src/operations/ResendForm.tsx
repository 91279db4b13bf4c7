import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { body, client } from "../api/client.ts";
import { problemOf } from "../api/problems.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { useLeavingTab } from "../design/AskBeforeLeaving.tsx";
import { Field } from "../design/Field.tsx";
import { Form } from "../design/Form.tsx";
import { usePastReason } from "../shell/usePastReason.ts";
import { LETTERS, type Letter, letterQuery } from "./queries.ts";
import { letterTexts as texts } from "./texts.ts";

/** Sends a letter again: as it was, or with another value. Where a later value was sent already, it asks once more. */
export function ResendForm({ letter }: { letter: Letter }) {
  const queries = useQueryClient();
  const past = usePastReason();
  const old = letter.corrected ? letter.corrected_value : letter.value;
  const [value, setValue] = useState(old ?? "");
  const isChanged = value !== (old ?? "");
  useLeavingTab(isChanged);
  const resend = useMutation({
    mutationFn: (request: Schema<"Resend">) =>
      body(
        client.POST("/v1/dead-letters/{event_id}/resend", {
          params: { path: { event_id: letter.event_id } },
          body: request,
        }),
      ),
    onSuccess: (answer) => {
      queries.setQueryData(letterQuery(letter.event_id).queryKey, answer);
      return queries.invalidateQueries({ queryKey: LETTERS });
    },
    onError: () => queries.invalidateQueries({ queryKey: letterQuery(letter.event_id).queryKey }),
  });
  const corrected = { value: value === "" ? null : value };
  // A letter that is dead and is not taken all the same was overtaken: nothing else is refused with a conflict here.
  const isOvertaken = problemOf(resend.error, "conflict") !== null;

  function submit() {
    if (past === null && isChanged) resend.mutate(corrected);
  }

  return (
    <Form names={["value"]} error={resend.error} onSubmit={submit}>
      {letter.personal ? (
        <p>{texts.personal}</p>
      ) : (
        <Field
          label={texts.newValue}
          name="value"
          hint={`${texts.oldValue}: ${old ?? texts.cleared}. ${texts.clears}`}
          errors={problemOf(resend.error)?.of("value")}
        >
          {(input) => <input {...input} value={value} onChange={(event) => setValue(event.target.value)} />}
        </Field>
      )}
      {isOvertaken && (
        <div>
          <Action look="primary" off={past} onClick={() => resend.mutate({ ...(isChanged && corrected), force: true })}>
            {texts.sendAllTheSame}
          </Action>
        </div>
      )}
      <div className="row">
        {!letter.personal && (
          <Action type="submit" look="primary" off={past ?? (isChanged ? null : texts.unchanged)}>
            {value === "" && isChanged ? texts.resendCleared : texts.resendCorrected}
          </Action>
        )}
        <Action off={past} onClick={() => resend.mutate({})}>
          {texts.resendAsItWas}
        </Action>
      </div>
    </Form>
  );
}
