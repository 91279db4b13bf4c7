import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { body, client } from "../api/client.ts";
import { problemOf } from "../api/problems.ts";
import { useMe } from "../api/session.ts";
import { useSubmission } from "../api/submission.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { Field } from "../design/Field.tsx";
import { Form } from "../design/Form.tsx";
import { useLeavingTab } from "../design/leaving.ts";
import { Notice } from "../design/Notice.tsx";
import { Panel } from "../design/Panel.tsx";
import { Stale } from "../design/Stale.tsx";
import { Days } from "../design/When.tsx";
import { Page } from "../shell/Page.tsx";
import { labelOf } from "../terms/options.ts";
import { amountsOf, areFilled, optionsOf, pathOfRow, type Row } from "../terms/rows.ts";
import { TermsList } from "../terms/TermsList.tsx";
import { Values } from "../terms/Values.tsx";
import { usePoint } from "../time/usePoint.ts";
import { systemOptionsQuery } from "./classQueries.ts";
import { texts as classTexts } from "./classTexts.ts";
import { type Change, changeOf, HistoryPanel } from "./HistoryPanel.tsx";
import { LOOK_AGAIN_MS, systemOptionsHistoryQuery } from "./queries.ts";
import { RangeFields } from "./RangeFields.tsx";
import "./setup.css";
import { texts } from "./texts.ts";
import { useRefusal } from "./useRefusal.ts";

/** The company's own options and amounts (rule 2.13). */
export default function SystemOptionsPage() {
  const point = usePoint();
  const query = useQuery({ ...systemOptionsQuery(point), refetchInterval: LOOK_AGAIN_MS });
  const history = useInfiniteQuery({ ...systemOptionsHistoryQuery(point), refetchInterval: LOOK_AGAIN_MS });
  return (
    <Page title={classTexts.systemOptions}>
      <p className="muted">{classTexts.systemIntro}</p>
      <Panel title={classTexts.inForce} query={query}>
        {(read) => (
          <>
            {read.effective_from && (
              <p>
                {classTexts.holds} <Days from={read.effective_from} to={read.effective_to} />
              </p>
            )}
            <TermsList terms={read} />
          </>
        )}
      </Panel>
      <Panel title={classTexts.changeOptions} query={query}>
        {(read) => (
          <div className="form wide">
            <OptionsForm current={read} change={changeOf(history, read.version)} />
          </div>
        )}
      </Panel>
      <HistoryPanel query={history} />
    </Page>
  );
}

/** Returns the labels of what the change after the version that was seen has changed; none where there were several. */
function fieldsOf(change: Change | undefined, seen: number): string[] {
  return change?.version === seen + 1 ? [...new Set(change.changes.map(({ field }) => labelOf(field)))] : [];
}

interface FormProps {
  current: Schema<"SystemOptionsRead">;
  change: Change | undefined;
}

function OptionsForm({ current, change }: FormProps) {
  const { version } = current;
  const queries = useQueryClient();
  const submission = useSubmission();
  const refusal = useRefusal("change_system_options");
  const { today } = useMe();
  const [rows, setRows] = useState<readonly Row[]>([]);
  const [range, setRange] = useState({ from: today, to: "", keepLater: false });
  const [reason, setReason] = useState("");
  const [seen, setSeen] = useState<number | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [message, setMessage] = useState<string | null>(null);
  useLeavingTab(rows.length > 0);
  const off = rows.length === 0 ? classTexts.nothingYet : areFilled(rows) ? null : classTexts.incomplete;
  const problem = problemOf(error);
  const isStale = problemOf(error, "stale-version") !== null;

  async function send() {
    const content = {
      options: optionsOf(rows),
      amounts: amountsOf(rows),
      effective_from: range.from || null,
      effective_to: range.to || null,
      keep_later: range.keepLater,
      reason: reason || null,
    };
    const header = submission.headers(seen ?? version, content);
    const answer = await body(client.PATCH("/v1/system-options", { params: { header }, body: content }));
    submission.succeeded();
    setRows([]);
    setSeen(null);
    setReason("");
    setMessage(answer.changed ? texts.saved : texts.nothingChanged);
    await queries.invalidateQueries();
  }

  async function save() {
    setError(null);
    setMessage(null);
    try {
      await send();
    } catch (failure) {
      // What there is now is read before going on from it is offered.
      if (problemOf(failure, "stale-version")) await queries.invalidateQueries();
      setError(failure as Error);
    }
  }

  /** Goes on from what there is now; what was typed stays. */
  function takeOver() {
    setSeen(version);
    setError(null);
  }

  function put(next: readonly Row[]) {
    setSeen(seen ?? version);
    setRows(next);
  }

  if (refusal !== null) return <p className="muted">{refusal}</p>;
  return (
    <Form
      names={["effective_from", "effective_to", "reason", ...rows.map(pathOfRow)]}
      error={error}
      onSubmit={() => off === null && void save()}
    >
      {isStale && <Action onClick={takeOver}>{texts.takeOver}</Action>}
      <div role="status">
        {!isStale && seen !== null && seen !== version && (
          <Stale change={change} fields={fieldsOf(change, seen)} onShow={takeOver} />
        )}
      </div>
      <Values rows={rows} current={current} onChange={put} problem={problem} />
      <RangeFields range={range} onChange={setRange} problem={problem} />
      <Field label={texts.reason} name="reason" errors={problem?.of("reason")}>
        {(input) => <input {...input} value={reason} onChange={(event) => setReason(event.target.value)} />}
      </Field>
      <div className="row">
        <Action type="submit" look="primary" off={off}>
          {classTexts.saveOptions}
        </Action>
      </div>
      <div role="status">{message !== null && <Notice tone="success">{message}</Notice>}</div>
    </Form>
  );
}
