import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { body, client } from "../api/client.ts";
import { problemOf } from "../api/problems.ts";
import { useMe } from "../api/session.ts";
import { useSubmission } from "../api/submission.ts";
import { Action } from "../design/Action.tsx";
import { Badge } from "../design/Badge.tsx";
import { DateField } from "../design/DateField.tsx";
import { Field } from "../design/Field.tsx";
import { Form } from "../design/Form.tsx";
import { useLeavingTab } from "../design/leaving.ts";
import { Table } from "../design/Table.tsx";
import { Instant } from "../design/When.tsx";
import { usePastReason } from "../shell/usePastReason.ts";
import { usePoint, useSetPoint } from "../time/usePoint.ts";
import type { Held } from "./comparing.ts";
import { Value } from "./FieldValue.tsx";
import { leadsTo, mergeInto, texts } from "./mergeTexts.ts";
import { type MergedValue, mergedValues, olderOf } from "./merging.ts";
import { pathOf } from "./paths.ts";
import type { Snapshot } from "./queries.ts";
import { IMPACT, useImpact } from "./useImpact.ts";
import { WhatWouldChange } from "./WhatWouldChange.tsx";

interface Props {
  customer: Snapshot;
  other: Snapshot;
}

/** Who survives and what that one takes, said before it is done. */
export function MergeForm({ customer, other }: Props) {
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const submission = useSubmission();
  const past = usePastReason();
  const older = olderOf(customer, other);
  const [chosen, setChosen] = useState(older.customer.number);
  const [reason, setReason] = useState("");
  useLeavingTab(reason !== "");
  const [survivor, away] = chosen === customer.customer.number ? [customer, other] : [other, customer];

  const change = { other: other.customer.number, survivor: chosen };
  const path = { number: customer.customer.number };
  const impact = useImpact(["merge", path.number], change, true, (asked, signal) => {
    const params = { path, query: IMPACT };
    return body(client.POST("/v1/customers/{number}/merge/preview", { params, body: asked, signal }));
  });

  const merge = useMutation({
    mutationFn: () => {
      const content = { ...change, reason: reason.trim() || null, impact: impact.digest };
      const header = submission.headers(customer.customer.version, content);
      return body(client.POST("/v1/customers/{number}/merge", { params: { path, header }, body: content }));
    },
    onSuccess: async ({ survivor: number, merged_away }) => {
      submission.succeeded();
      navigate(`${pathOf(number)}?${new URLSearchParams({ from: merged_away })}`);
      await queries.invalidateQueries();
    },
    // What somebody else changed meanwhile is shown before it is merged after all.
    onError: (failure) => {
      const isOther = problemOf(failure)?.of("impact").length;
      if (problemOf(failure, "stale-version") || isOther) void queries.invalidateQueries();
    },
  });

  return (
    <Form
      names={["survivor", "reason"]}
      error={merge.error}
      onSubmit={() => past === null && !merge.isPending && merge.mutate()}
    >
      <fieldset className="choices">
        <legend>{texts.survivor}</legend>
        {[customer, other].map(({ customer: { number, name, registered_at } }) => (
          <label key={number} className="row">
            <input type="radio" name="survivor" checked={chosen === number} onChange={() => setChosen(number)} />
            <span>
              {name} {number},{" "}
              <span className="muted">
                {texts.registered} <Instant at={registered_at} />
                {number === older.customer.number && `, ${texts.older}`}
              </span>
            </span>
          </label>
        ))}
      </fieldset>
      <Effect survivor={survivor} other={away} />
      <WhatWouldChange impact={impact} />
      <Field label={texts.reason} name="reason" hint={texts.reasonHint} errors={problemOf(merge.error)?.of("reason")}>
        {(input) => <input {...input} value={reason} onChange={(event) => setReason(event.target.value)} />}
      </Field>
      <div>
        <Action type="submit" look="primary" off={past}>
          {mergeInto(away.customer.number, survivor.customer.number)}
        </Action>
      </div>
    </Form>
  );
}

function Effect({ survivor, other }: { survivor: Snapshot; other: Snapshot }) {
  const [to, from] = [survivor.customer.number, other.customer.number];
  const { today } = useMe();
  const point = usePoint();
  const setPoint = useSetPoint();
  return (
    <div className="stack">
      <DateField
        label={texts.onDay}
        name="valid_at"
        value={point.validAt ?? today}
        today={today}
        onChange={(day) => setPoint({ ...point, validAt: day || null }, { replace: true })}
      />
      <Table
        caption={texts.effect}
        rows={mergedValues(survivor, other)}
        keyOf={({ key }) => key}
        columns={[
          { head: texts.field, cell: ({ label }) => label },
          { head: to, cell: ({ survivor: held }) => <Shown held={held} /> },
          { head: from, cell: ({ other: held }) => <Shown held={held} /> },
          { head: texts.afterwards, cell: (row) => <Afterwards row={row} from={from} /> },
        ]}
      />
      <ul className="bullets">
        <li>{leadsTo(from, to)}</li>
        <li>{texts.everyDay}</li>
        <li>{texts.bothHistories}</li>
        <li>{texts.canBeUndone}</li>
      </ul>
    </div>
  );
}

function Afterwards({ row: { survivor, taken }, from }: { row: MergedValue; from: string }) {
  if (taken === null) return <Shown held={survivor} />;
  return (
    <>
      <Shown held={taken} />{" "}
      <Badge tone="accent">
        {texts.takenFrom} {from}
      </Badge>
    </>
  );
}

function Shown({ held }: { held: Held | null }) {
  if (held === null) return <span className="muted">{texts.notSet}</span>;
  return held.field ? <Value field={held.field} value={held.value} /> : held.value;
}
