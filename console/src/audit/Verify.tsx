import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useRights } from "../api/session.ts";
import { Action } from "../design/Action.tsx";
import { Meter } from "../design/Meter.tsx";
import { Notice } from "../design/Notice.tsx";
import { Problem } from "../design/Problem.tsx";
import { Section } from "../design/Section.tsx";
import { saveHead, type Verification, verification } from "./proving.ts";
import { brokenText, checkedText, signedText, texts, wholeText } from "./texts.ts";

/** Compares the whole log with its tree and signed heads, and names the first position that was altered. */
export function Verify() {
  const may = useRights();
  const [state, setState] = useState<Verification | null>(null);
  const run = useMutation({
    mutationFn: async () => {
      setState(null);
      for await (const news of verification()) setState(news);
    },
  });
  const head = useMutation({ mutationFn: saveHead });
  if (!may("verify_log")) return null;
  return (
    <Section title={texts.proof}>
      <div className="stack">
        <p className="hint">{texts.proofHint}</p>
        <div className="row">
          <Action onClick={() => run.mutate()} off={run.isPending ? texts.verifying : null}>
            {texts.verify}
          </Action>
          <Action onClick={() => head.mutate()}>{texts.saveHead}</Action>
        </div>
        {run.isPending && (
          <Meter
            label={texts.verifying}
            done={state?.events ?? 0}
            total={state?.last_position ?? null}
            text={checkedText(state)}
          />
        )}
        {run.error && <Problem error={run.error} />}
        {head.error && <Problem error={head.error} />}
        {!run.isPending && state?.finished && <Result state={state} />}
      </div>
    </Section>
  );
}

function Result({ state }: { state: Verification }) {
  if (state.broken_position !== null) {
    return (
      <Notice tone="danger" role="alert">
        <p>{brokenText(state.broken_position)}</p>
        <p>{state.fault}</p>
      </Notice>
    );
  }
  return (
    <Notice tone="success" role="status">
      <p>{wholeText(state.events)}</p>
      <p>{signedText(state.signed_position)}</p>
    </Notice>
  );
}
