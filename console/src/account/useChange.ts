/** The state of the change page: the draft, its preview, and its way through saving, refusals and conflicts. */

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { problemOf } from "../api/problems.ts";
import { useSubmission } from "../api/submission.ts";
import type { Schema } from "../api/types.ts";
import { usePreview } from "../history/usePreview.ts";
import { type Change, changeOf, type Draft, EMPTY, withImpact } from "./draft.ts";
import type { Place } from "./place.ts";
import { historyQuery } from "./queries.ts";
import { previewOf, record } from "./writes.ts";

/** Who has changed the profile since the preview was made. */
export interface Meanwhile {
  readonly by?: string;
  readonly at?: string;
  /** The profile is the same, but the change would have another effect, as where its class was changed. */
  readonly otherEffect?: boolean;
}

/** Returns the state of a change. `isFirst`: the site has no profile yet. `onSaved` is given the answer. */
export function useChange(place: Place, isFirst: boolean, onSaved: (answer: Schema<"WriteAnswer">) => void) {
  const queries = useQueryClient();
  const submission = useSubmission();
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [error, setError] = useState<Error | null>(null);
  const [meanwhile, setMeanwhile] = useState<Meanwhile | null>(null);
  const [isSaving, setSaving] = useState(false);
  const change = changeOf(draft, isFirst);
  const text = JSON.stringify(change);
  const { query: preview, isCurrent: isShown } = usePreview(
    [place.account, place.site ?? null],
    text,
    (asked, signal) => previewOf(place, JSON.parse(asked) as Change, signal),
  );
  const isCurrent = isShown && !preview.isFetching;

  async function save() {
    if (change === null || preview.data === undefined) return;
    setSaving(true);
    setError(null);
    setMeanwhile(null);
    try {
      const seen = withImpact(change, preview.data.impact?.digest ?? null);
      const answer = await record(place, seen, submission.headers(preview.data.version, seen.body));
      submission.succeeded();
      await queries.invalidateQueries();
      onSaved(answer);
    } catch (failure) {
      const stale = problemOf(failure, "stale-version");
      if (stale !== null) await meet(stale.problem);
      else if (problemOf(failure)?.of("impact").length) await meet({ otherEffect: true });
      else setError(failure as Error);
    } finally {
      setSaving(false);
    }
  }

  /** Makes the preview anew over what somebody else has recorded meanwhile. */
  async function meet({ by, at, otherEffect }: Meanwhile) {
    await queries.refetchQueries({ queryKey: historyQuery(place).queryKey });
    await preview.refetch();
    setMeanwhile({ by, at, otherEffect });
  }

  return { draft, setDraft, change, preview, isCurrent, error, meanwhile, isSaving, save };
}
