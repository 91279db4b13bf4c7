/** The state of a definition's form: what was typed, and its way through Save, refusals and conflicts. */

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { problemOf } from "../api/problems.ts";
import { useSubmission } from "../api/submission.ts";
import type { Schema } from "../api/types.ts";
import { useLeavingTab } from "../design/leaving.ts";
import { changes, type Value, type Values } from "./members.ts";
import { texts } from "./texts.ts";

/** Headers of a write: which version it is compared with, and under which key it can be sent again. */
export type Headers = ReturnType<ReturnType<typeof useSubmission>["headers"]>;

export interface Definition {
  /** As it is now; a form keeps the one that it was filled from. */
  values: Values;
  version: number;
  /** Everything is sent, not only what differs. */
  isNew?: boolean;
  save: (content: Values & { reason?: string }, headers: Headers) => Promise<Schema<"WriteAnswer">>;
  onSaved?: (values: Values) => void;
}

export function useDefinition({ values, version, isNew = false, save, onSaved }: Definition) {
  const queries = useQueryClient();
  const submission = useSubmission();
  const [opened, setOpened] = useState<{ values: Values; version: number } | null>(null);
  const [typed, setTyped] = useState<Values>({});
  const [reason, setReason] = useState("");
  const [error, setError] = useState<Error | null>(null);
  const [message, setMessage] = useState<string | null>(null);
  const [isSending, setSending] = useState(false);
  const current = { values, version };
  // A form in which nothing was typed yet follows what there is.
  const base = opened ?? current;
  const now = { ...base.values, ...typed };
  const changed = changes(base.values, now);
  const isChanged = Object.keys(changed).length > 0;
  useLeavingTab(isChanged);

  async function send() {
    if (!isChanged && !isNew) return setMessage(texts.nothingChanged);
    const content = { ...(isNew ? now : changed), ...(reason !== "" && { reason }) };
    const answer = await save(content, submission.headers(base.version, content));
    submission.succeeded();
    await queries.invalidateQueries();
    setOpened(null);
    setTyped({});
    setReason("");
    setMessage(answer.changed ? texts.saved : texts.nothingChanged);
    onSaved?.(now);
  }

  async function submit() {
    setError(null);
    setMessage(null);
    setSending(true);
    try {
      await send();
    } catch (failure) {
      // What there is now is read before going on from it is offered.
      if (problemOf(failure, "stale-version")) await queries.invalidateQueries();
      setError(failure as Error);
    } finally {
      setSending(false);
    }
  }

  return {
    now,
    /** Somebody else has made another version since the form was filled. */
    isBehind: !isSending && opened !== null && opened.version !== version,
    reason,
    error,
    message,
    isChanged,
    submit,
    setReason,
    /** What somebody else has changed since the form was filled. */
    theirs: isNew ? {} : changes(base.values, values),
    type: (name: string, value: Value) => {
      setOpened(base);
      setTyped({ ...typed, [name]: value });
    },
    /** Goes on from what there is now; what was typed stays. */
    takeOver: () => {
      setOpened(current);
      setError(null);
    },
  };
}
