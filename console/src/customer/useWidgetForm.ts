/** The state of the widget while rows are open: what was typed, and its way through Save, refusals and conflicts. */

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { body, client } from "../api/client.ts";
import { problemOf } from "../api/problems.ts";
import { useMe } from "../api/session.ts";
import { useSubmission } from "../api/submission.ts";
import type { Schema } from "../api/types.ts";
import { NOW } from "../time/point.ts";
import {
  afterDecisions,
  changed,
  type Edits,
  fieldsOf,
  startOf,
  type Undecideds,
  undecided,
  type Widget,
  type WidgetField,
  without,
} from "./edits.ts";
import { daysOf, isBackDated, isDated, NO_DATES } from "./effectiveDates.ts";
import { widgetQuery } from "./queries.ts";
import { widgetTexts as texts } from "./texts.ts";
import { IMPACT, useImpact } from "./useImpact.ts";

/**
 * Returns the state of the widget's rows. `now` is the widget as it is; the rows keep the one that they were opened in. `call`: the id of
 * the call that edits are part of, where it is not the one that the widget knows of.
 */
export function useWidgetForm(
  now: Widget,
  call: string | undefined,
  onSaved?: (answer: Schema<"WriteAnswer">) => void,
) {
  const queries = useQueryClient();
  const { today } = useMe();
  const submission = useSubmission();
  const [base, setBase] = useState<Widget | null>(null);
  const [edits, setEdits] = useState<Edits>({});
  const [conflicts, setConflicts] = useState<Undecideds>({});
  const [dates, setDates] = useState(NO_DATES);
  const [error, setError] = useState<Error | null>(null);
  const [message, setMessage] = useState<string | null>(null);
  const [isSaving, setSaving] = useState(false);
  const seen = base ?? now;
  const values = changed(fieldsOf(seen), afterDecisions(edits, conflicts), isDated(dates));
  const path = { number: seen.number };
  const change = { fields: values, interaction: call ?? now.interaction?.interaction ?? null, ...daysOf(dates) };
  const impact = useImpact(["fields", seen.number], change, isBackDated(dates, today), (asked, signal) => {
    const params = { path, query: IMPACT };
    return body(client.PATCH("/v1/customers/{number}/fields/preview", { params, body: asked, signal }));
  });

  function open(field: WidgetField) {
    setBase(seen);
    setMessage(null);
    setEdits({ ...edits, [field.key]: startOf(field) });
  }

  function type(field: WidgetField, text: string) {
    setEdits({ ...edits, [field.key]: text });
  }

  function close(field: WidgetField) {
    const rest = without(edits, field.key);
    if (Object.keys(rest).length === 0) reset();
    else setEdits(rest);
  }

  function pick(field: WidgetField, picked: "theirs" | "yours") {
    const conflict = conflicts[field.key];
    if (conflict) setConflicts({ ...conflicts, [field.key]: { ...conflict, picked } });
  }

  function reset(saved: string | null = null) {
    setBase(null);
    setEdits({});
    setConflicts({});
    setDates(NO_DATES);
    setError(null);
    setMessage(saved);
  }

  async function send() {
    if (Object.keys(values).length === 0) return reset(texts.nothingChanged);
    const content = { ...change, impact: impact.digest };
    const header = submission.headers(seen.version, content);
    const answer = await body(
      client.PATCH("/v1/customers/{number}/fields", { params: { path, header }, body: content }),
    );
    submission.succeeded();
    onSaved?.(answer);
    await queries.invalidateQueries();
    reset(answer.message ?? null);
  }

  /** Shows both values of what somebody else changed. The next save is compared with the version of now. */
  async function save() {
    setSaving(true);
    setError(null);
    try {
      await send();
    } catch (failure) {
      const both = problemOf(failure, "field-changed")?.problem.conflicts;
      if (both) {
        setBase(await queries.fetchQuery({ ...widgetQuery(seen.number, NOW), staleTime: 0 }));
        setConflicts(undecided(both));
      } else setError(failure as Error);
      if (problemOf(failure)?.of("impact").length) void impact.query.refetch();
    } finally {
      setSaving(false);
    }
  }

  return {
    seen,
    edits,
    conflicts,
    dates,
    setDates,
    impact,
    error,
    message,
    isSaving,
    count: Object.keys(values).length,
    isUndecided: Object.values(conflicts).some(({ picked }) => picked === null),
    open,
    type,
    close,
    pick,
    reset,
    save,
  };
}

export type WidgetForm = ReturnType<typeof useWidgetForm>;
