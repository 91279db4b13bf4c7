import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { body, client } from "../api/client.ts";
import { problemOf } from "../api/problems.ts";
import { useSubmission } from "../api/submission.ts";
import { Action } from "../design/Action.tsx";
import { Field } from "../design/Field.tsx";
import { Form } from "../design/Form.tsx";
import { useLeavingTab } from "../design/leaving.ts";
import { Page } from "../shell/Page.tsx";
import { amountsOf, areFilled, optionsOf, pathOfRow, type Row, rowOf } from "../terms/rows.ts";
import { Values } from "../terms/Values.tsx";
import { texts as classTexts } from "./classTexts.ts";
import { texts } from "./texts.ts";
import { useRefusal } from "./useRefusal.ts";

/** A class must set these two (rule 2.3). */
const REQUIRED = ["options.collector", "options.allow_discount"];

/** A new profile class. */
export default function NewClassPage() {
  const queries = useQueryClient();
  const submission = useSubmission();
  const refusal = useRefusal("define_profile_class");
  const [, navigate] = useLocation();
  const [typed, setTyped] = useState({ name: "", description: "", reason: "" });
  const [rows, setRows] = useState<readonly Row[]>(() => REQUIRED.map((name) => rowOf(name)));
  const [error, setError] = useState<Error | null>(null);
  useLeavingTab(typed.name !== "");
  const off = refusal ?? (areFilled(rows) ? null : classTexts.incomplete);
  const errorsOf = (name: string) => problemOf(error)?.of(name);

  async function create() {
    if (off !== null) return;
    setError(null);
    const { name, description, reason } = typed;
    const content = {
      name,
      description,
      reason: reason || null,
      options: optionsOf(rows) ?? {},
      amounts: amountsOf(rows),
    };
    try {
      const { "Idempotency-Key": key } = submission.headers(0, content);
      await body(client.POST("/v1/profile-classes", { params: { header: { "Idempotency-Key": key } }, body: content }));
      setTyped({ name: "", description: "", reason: "" });
      await queries.invalidateQueries();
      navigate(`/set-up/classes/${encodeURIComponent(name)}`);
    } catch (failure) {
      setError(failure as Error);
    }
  }

  function text(name: keyof typeof typed, label: string, hint?: string) {
    return (
      <Field label={label} name={name} hint={hint} errors={errorsOf(name)}>
        {(input) => (
          <input
            {...input}
            value={typed[name]}
            onChange={(event) => setTyped({ ...typed, [name]: event.target.value })}
          />
        )}
      </Field>
    );
  }

  return (
    <Page title={classTexts.newClass}>
      <section className="panel form wide" aria-label={classTexts.newClass}>
        <Form names={[...Object.keys(typed), ...rows.map(pathOfRow)]} error={error} onSubmit={() => void create()}>
          {text("name", "Name", classTexts.fixedName)}
          {text("description", texts.description)}
          <Values rows={rows} required={REQUIRED} onChange={setRows} problem={problemOf(error)} />
          {text("reason", texts.reason)}
          <div className="row">
            <Action type="submit" look="primary" off={off}>
              {classTexts.createClass}
            </Action>
          </div>
        </Form>
      </section>
    </Page>
  );
}
