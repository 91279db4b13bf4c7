import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { body, client } from "../api/client.ts";
import { problemOf } from "../api/problems.ts";
import { refusalOf } from "../api/refusals.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { Field } from "../design/Field.tsx";
import { Form } from "../design/Form.tsx";
import { useLeavingTab } from "../design/leaving.ts";
import { Notice } from "../design/Notice.tsx";
import { To } from "../design/To.tsx";
import { usePastReason } from "../shell/usePastReason.ts";
import { microseconds } from "../time/dates.ts";
import { LETTERS, type Letter, letterQuery } from "./queries.ts";
import { customerKeeps, customerNamed, refusedAgain, resendAsItWas, letterTexts as texts } from "./texts.ts";

/** Sends a letter again: as it was, or with another value. Where a later value was sent already, it asks once more.
 *
 * It stays, with what was typed and the focus, while the letter is on its way, and says what came of it. */
export function ResendForm({ letter }: { letter: Letter }) {
  const past = usePastReason();
  const resend = useResend(letter);
  const isOnItsWay = letter.state === "resending";
  const off = past ?? (isOnItsWay ? texts.beingSent : null);
  const old = letter.corrected ? letter.corrected_value : letter.value;
  const [value, setValue] = useState(old ?? "");
  const isChanged = value !== (old ?? "");
  useLeavingTab(isChanged);
  const corrected = { value: value === "" ? null : value };
  // A letter that is dead and is not taken all the same was overtaken: nothing else is refused with a conflict here.
  const isOvertaken = !isOnItsWay && problemOf(resend.error, "conflict") !== null;

  function submit() {
    if (off === null && isChanged) resend.mutate(corrected);
  }

  return (
    <Form names={["value"]} error={resend.error} onSubmit={submit}>
      {isOnItsWay ? <p role="status">{texts.onItsWay}</p> : <RefusedAgain letter={letter} />}
      <Keeping letter={letter} />
      {!letter.personal && (
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
          <Action look="primary" off={off} onClick={() => resend.mutate({ ...(isChanged && corrected), force: true })}>
            {texts.sendAllTheSame}
          </Action>
        </div>
      )}
      <div className="row">
        {!letter.personal && (
          <Action type="submit" look="primary" off={off ?? (isChanged ? null : texts.unchanged)}>
            {value === "" && isChanged ? texts.resendCleared : texts.resendCorrected}
          </Action>
        )}
        <Action off={off} onClick={() => resend.mutate({})}>
          {resendAsItWas(letter)}
        </Action>
      </div>
    </Form>
  );
}

function useResend(letter: Letter) {
  const queries = useQueryClient();
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
  const { reset } = resend;
  useEffect(() => {
    if (letter.state === "resending") reset(); // what was refused before is no longer about this letter
  }, [letter.state, reset]);
  return resend;
}

/** Says what the other side answered to a resend; a new answer is announced even where it is the same. */
function RefusedAgain({ letter }: { letter: Letter }) {
  const requestedAt = letter.resend_requested_at;
  if (requestedAt === null || microseconds(letter.died_at) < microseconds(requestedAt)) return null;
  return (
    <Notice key={letter.died_at} tone="danger" role="alert">
      {refusedAgain(refusalOf(letter.reason))}
    </Notice>
  );
}

/** Says beforehand what a correction does not change, and where that can be changed. */
function Keeping({ letter }: { letter: Letter }) {
  return (
    <p>
      {letter.personal ? texts.personal : customerKeeps(letter.value ?? texts.cleared)}{" "}
      {letter.number && (
        <To href={`/customers/${encodeURIComponent(letter.number)}`}>{customerNamed(letter.number)}</To>
      )}
    </p>
  );
}
