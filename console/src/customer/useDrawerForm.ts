/** The state of an open drawer: what is chosen, and its way through OK, refusals and conflicts. */

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { body, client } from "../api/client.ts";
import { problemOf } from "../api/problems.ts";
import { useMe } from "../api/session.ts";
import { useSubmission } from "../api/submission.ts";
import type { Schema } from "../api/types.ts";
import { NOW } from "../time/point.ts";
import {
  type Choices,
  type Conflicts,
  choose,
  conflicts,
  type Drawer,
  type DrawerCategory,
  decided,
  responses,
  type StoredAnswer,
  storedAnswers,
} from "./drawer.ts";
import { daysOf, isBackDated, isDated, NO_DATES } from "./effectiveDates.ts";
import { drawerQuery } from "./queries.ts";
import { IMPACT, useImpact } from "./useImpact.ts";

export interface Saved {
  readonly answer: Schema<"WriteAnswer">;
  /** The version before it was stored. */
  readonly before: number;
  readonly stored: readonly StoredAnswer[];
}

interface Meanwhile {
  by?: string;
  at?: string;
}

/** Returns the state of a drawer that was opened as `initial`. */
export function useDrawerForm(initial: Drawer, onSaved: (saved: Saved) => void) {
  const queries = useQueryClient();
  const { today } = useMe();
  const submission = useSubmission();
  const [drawer, setDrawer] = useState(initial);
  const [choices, setChoices] = useState<Choices>({});
  const [both, setBoth] = useState<Conflicts>({});
  const [meanwhile, setMeanwhile] = useState<Meanwhile>({});
  const [dates, setDates] = useState(NO_DATES);
  const [error, setError] = useState<Error | null>(null);
  const [survivor, setSurvivor] = useState<string | null>(null);
  const [isSaving, setSaving] = useState(false);

  function pick(category: DrawerCategory, value: string) {
    const conflict = both[category.code];
    if (conflict) setBoth({ ...both, [category.code]: { ...conflict, picked: value } });
    else setChoices(choose(choices, category, value));
  }

  const chosen = decided(choices, both);
  const change = { responses: responses(chosen), ...daysOf(dates) };
  const path = { number: drawer.number };
  const impact = useImpact(["drawer", drawer.number], change, isBackDated(dates, today), (asked, signal) =>
    body(client.PUT("/v1/customers/{number}/drawer/preview", { params: { path, query: IMPACT }, body: asked, signal })),
  );

  async function send(seen: Drawer) {
    const content = { ...change, impact: impact.digest };
    const header = submission.headers(seen.version, content);
    const answer = await body(client.PUT("/v1/customers/{number}/drawer", { params: { path, header }, body: content }));
    submission.succeeded();
    await queries.invalidateQueries();
    onSaved({ answer, before: seen.version, stored: answer.changed ? storedAnswers(seen, chosen) : [] });
  }

  /** Shows what somebody else answered meanwhile. What was chosen at other categories only is sent again. */
  async function meet(stale: Meanwhile): Promise<void> {
    const now = await queries.fetchQuery({ ...drawerQuery(drawer.number, NOW), staleTime: 0 });
    const found = conflicts(drawer, now, chosen);
    setDrawer(now);
    setBoth(found);
    setMeanwhile(stale);
    if (Object.keys(found).length === 0) await send(now);
  }

  async function save() {
    setSaving(true);
    setError(null);
    try {
      await send(drawer).catch((failure) => {
        const stale = problemOf(failure, "stale-version");
        if (stale === null) throw failure;
        // The customer was merged into another one meanwhile: what was chosen is not for that one.
        if (stale.problem.survivor !== undefined) return setSurvivor(stale.problem.survivor);
        return meet(stale.problem);
      });
    } catch (failure) {
      setError(failure as Error);
      if (problemOf(failure)?.of("impact").length) void impact.query.refetch();
    } finally {
      setSaving(false);
    }
  }

  const isChanged = Object.keys(choices).length > 0 || isDated(dates);
  const isUndecided = Object.values(both).some(({ picked }) => picked === null);
  return {
    drawer,
    choices,
    both,
    meanwhile,
    dates,
    setDates,
    impact,
    error,
    survivor,
    isSaving,
    isChanged,
    isUndecided,
    pick,
    save,
  };
}
