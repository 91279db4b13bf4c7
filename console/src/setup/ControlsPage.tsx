import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { body, client } from "../api/client.ts";
import { problemOf } from "../api/problems.ts";
import { useMe } from "../api/session.ts";
import { useSubmission } from "../api/submission.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { announce } from "../design/announce.ts";
import { Dialog } from "../design/Dialog.tsx";
import { Field, type InputProps } from "../design/Field.tsx";
import { Form } from "../design/Form.tsx";
import { leave, useLeavingTab } from "../design/leaving.ts";
import { Panel } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { Days } from "../design/When.tsx";
import { Page } from "../shell/Page.tsx";
import { NOW } from "../time/point.ts";
import { usePoint } from "../time/usePoint.ts";
import { HistoryList } from "./HistoryPanel.tsx";
import { controlHistoryQuery, controlsQuery, LOOK_AGAIN_MS } from "./queries.ts";
import { RangeFields } from "./RangeFields.tsx";
import { effectOf, historyOf, texts, theirs, VALUES } from "./texts.ts";
import { useRefusal } from "./useRefusal.ts";

type Control = Schema<"ControlValue">;

/** The system controls: what each is, from when it holds, and what it does (rule 4.1). */
export default function ControlsPage() {
  const point = usePoint();
  const query = useQuery({ ...controlsQuery(point), refetchInterval: LOOK_AGAIN_MS });
  const [changed, setChanged] = useState<Control | null>(null);
  const [looked, setLooked] = useState<Control | null>(null);
  const off = useRefusal("set_control");
  return (
    <Page title={texts.controls}>
      <Panel title={texts.controls} query={query}>
        {({ items }) => (
          <Table
            caption={texts.controls}
            marksChanges
            rows={items}
            keyOf={({ code }) => code}
            columns={[
              { head: texts.control, cell: ({ code, label }) => (code.length > 3 ? label : `${code} · ${label}`) },
              { head: texts.value, cell: ({ value }) => value || texts.blank },
              { head: texts.holds, cell: (control) => <Holds control={control} /> },
              { head: texts.effect, cell: ({ code, value }) => effectOf(code, value) },
              {
                head: texts.change,
                cell: (control) => (
                  <div className="row">
                    <Action off={off} onClick={() => setChanged(control)}>
                      {texts.change}
                      <span className="unseen"> {control.code}</span>
                    </Action>
                    <Action onClick={() => setLooked(control)}>
                      {texts.history}
                      <span className="unseen"> {control.code}</span>
                    </Action>
                  </div>
                ),
              },
            ]}
          />
        )}
      </Panel>
      <Dialog title={changed?.label ?? ""} isOpen={changed !== null} onClose={() => leave(() => setChanged(null))}>
        {changed && <ControlForm control={changed} onDone={() => setChanged(null)} />}
      </Dialog>
      <Dialog title={historyOf(looked?.label ?? "")} isOpen={looked !== null} onClose={() => setLooked(null)}>
        {looked && <HistoryList query={controlHistoryQuery(looked.code, point)} />}
        <Action onClick={() => setLooked(null)}>{texts.close}</Action>
      </Dialog>
    </Page>
  );
}

function Holds({ control }: { control: Control }) {
  if (control.default || control.effective_from === null) return texts.byDefault;
  return <Days from={control.effective_from} to={control.effective_to} />;
}

function ControlForm({ control, onDone }: { control: Control; onDone: () => void }) {
  const { code, value } = control;
  const queries = useQueryClient();
  const { today } = useMe();
  const submission = useSubmission();
  const [seen, setSeen] = useState(control);
  const [error, setError] = useState<Error | null>(null);
  const [typed, setTyped] = useState({ value, effective_from: today, effective_to: "", keep_later: false, reason: "" });
  const [first] = useState(JSON.stringify(typed));
  const errorsOf = (name: string) => problemOf(error)?.of(name);
  const put = (part: Partial<typeof typed>) => setTyped({ ...typed, ...part });
  const hints = [effectOf(code, typed.value), seen.value !== value && theirs(seen.value || texts.blank)];

  useLeavingTab(JSON.stringify(typed) !== first);

  async function send(version: number) {
    const { effective_to, reason, ...rest } = typed;
    const content = { ...rest, effective_to: effective_to || null, reason: reason || null };
    const header = submission.headers(version, content);
    const answer = await body(client.PUT("/v1/controls/{code}", { params: { path: { code }, header }, body: content }));
    await queries.invalidateQueries();
    announce(answer.changed ? effectOf(code, typed.value) : texts.nothingChanged);
    onDone();
  }

  /** The version is that of all controls: where this one is as it was, the change is sent again, else after a second look. */
  async function meet(stale: Error) {
    const { items } = await queries.fetchQuery({ ...controlsQuery(NOW), staleTime: 0 });
    const now = items.find((each) => each.code === code) ?? seen;
    setSeen(now);
    if (now.value !== seen.value || now.effective_from !== seen.effective_from) throw stale;
    await send(now.version);
  }

  async function save() {
    setError(null);
    try {
      await send(seen.version).catch((failure) => {
        if (problemOf(failure, "stale-version") === null) throw failure;
        return meet(failure);
      });
    } catch (failure) {
      setError(failure as Error);
    }
  }

  return (
    <Form names={Object.keys(typed)} error={error} onSubmit={() => void save()}>
      <Field label={texts.value} name="value" hint={hints.filter(Boolean).join(" ")} errors={errorsOf("value")}>
        {(input) => (
          <ValueInput code={code} input={input} value={typed.value} onType={(text) => put({ value: text })} />
        )}
      </Field>
      <RangeFields
        range={{ from: typed.effective_from, to: typed.effective_to, keepLater: typed.keep_later }}
        onChange={({ from, to, keepLater }) => put({ effective_from: from, effective_to: to, keep_later: keepLater })}
        problem={problemOf(error)}
      />
      <Field label={texts.reason} name="reason" errors={errorsOf("reason")}>
        {(input) => <input {...input} value={typed.reason} onChange={(event) => put({ reason: event.target.value })} />}
      </Field>
      <div className="row">
        <Action type="submit" look="primary">
          {texts.setControl}
        </Action>
        <Action onClick={() => leave(onDone)}>{texts.cancel}</Action>
      </div>
    </Form>
  );
}

interface ValueInputProps {
  code: string;
  input: InputProps;
  value: string;
  onType: (value: string) => void;
}

function ValueInput({ code, input, value, onType }: ValueInputProps) {
  const choices = VALUES[code];
  if (choices === undefined) {
    return <input {...input} value={value} onChange={(event) => onType(event.target.value)} />;
  }
  return (
    <select {...input} value={value} onChange={(event) => onType(event.target.value)}>
      {choices.map((choice) => (
        <option key={choice} value={choice}>
          {choice || texts.blank}
        </option>
      ))}
    </select>
  );
}
