/** The state of the change of a class: what was typed, and its way through saving, refusals and conflicts. */

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { body, client } from "../api/client.ts";
import { problemOf } from "../api/problems.ts";
import { useSubmission } from "../api/submission.ts";
import type { Schema } from "../api/types.ts";
import { useLeavingTab } from "../design/leaving.ts";
import { amountsOf, optionsOf, type Row } from "../terms/rows.ts";
import type { ApplyTo } from "./classTexts.ts";
import { texts } from "./texts.ts";

interface Draft {
  rows: readonly Row[];
  /** Null: it stays as it is. */
  description: string | null;
  applyTo: ApplyTo | null;
  reason: string;
}

const EMPTY: Draft = { rows: [], description: null, applyTo: null, reason: "" };

export function useClassForm({ name, version, description }: Schema<"ClassRead">) {
  const queries = useQueryClient();
  const submission = useSubmission();
  const [, navigate] = useLocation();
  const [draft, setDraft] = useState(EMPTY);
  const [seen, setSeen] = useState<number | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [message, setMessage] = useState<string | null>(null);
  const isDescribed = draft.description !== null && draft.description !== description;
  const isChanged = draft.rows.length > 0 || isDescribed;
  useLeavingTab(isChanged);

  async function send() {
    const { rows, applyTo, reason } = draft;
    const content = {
      ...(isDescribed && { description: draft.description }),
      ...(rows.length > 0 && { options: optionsOf(rows), amounts: amountsOf(rows), apply_to: applyTo }),
      ...(reason !== "" && { reason }),
    };
    const header = submission.headers(seen ?? version, content);
    const answer = await body(
      client.PATCH("/v1/profile-classes/{name}", { params: { path: { name }, header }, body: content }),
    );
    submission.succeeded();
    setDraft(EMPTY);
    setSeen(null);
    await queries.invalidateQueries();
    if (answer.propagation) navigate(`/set-up/classes/${encodeURIComponent(name)}/propagations/${answer.version}`);
    else setMessage(answer.changed ? (answer.message ?? texts.saved) : texts.nothingChanged);
  }

  return {
    draft,
    error,
    message,
    isChanged,
    isStale: problemOf(error, "stale-version") !== null,
    /** Somebody else has made another version since something was entered. */
    isBehind: seen !== null && seen !== version,
    /** The version that the entries are compared with. */
    seen: seen ?? version,
    put(part: Partial<Draft>) {
      setSeen(seen ?? version);
      setMessage(null);
      setDraft({ ...draft, ...part });
    },
    /** Goes on from what there is now; what was typed stays. */
    takeOver() {
      setSeen(version);
      setError(null);
    },
    async save() {
      setError(null);
      try {
        await send();
      } catch (failure) {
        // What there is now is read before going on from it is offered.
        if (problemOf(failure, "stale-version")) await queries.invalidateQueries();
        setError(failure as Error);
      }
    },
  };
}
