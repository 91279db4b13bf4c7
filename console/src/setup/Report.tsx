import { keepPreviousData, useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { body, client } from "../api/client.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { Field } from "../design/Field.tsx";
import { itemsOf, LoadMore } from "../design/LoadMore.tsx";
import { Panel } from "../design/Panel.tsx";
import { Problem } from "../design/Problem.tsx";
import { saveFile } from "../design/saveFile.ts";
import { type Change, reportQuery } from "./classQueries.ts";
import { fileName, OUTCOMES, type Outcome, texts } from "./classTexts.ts";
import { OutcomeTable } from "./OutcomeTable.tsx";

/** What the last run has made of each profile: by outcome, and as a file. */
export function Report({ change, propagation }: { change: Change; propagation: Schema<"PropagationDetail"> }) {
  const [outcome, setOutcome] = useState<Outcome | "">("");
  const query = useInfiniteQuery({
    ...reportQuery(change, propagation, outcome),
    placeholderData: keepPreviousData,
  });

  const file = useMutation({
    mutationFn: async () => {
      const params = { path: change, query: { ...(outcome !== "" && { outcome }), format: "csv", bom: true } as const };
      const path = "/v1/profile-classes/{name}/propagations/{version}/report";
      const content = await body(client.GET(path, { params, parseAs: "blob" }));
      saveFile(content as unknown as Blob, fileName(change, outcome));
    },
  });
  return (
    <Panel title={texts.report} query={query} actions={<Action onClick={() => file.mutate()}>{texts.download}</Action>}>
      {(data) => (
        <>
          {file.error && <Problem error={file.error} />}
          <div className="form">
            <Field label={texts.outcome}>
              {(input) => (
                <select {...input} value={outcome} onChange={({ target }) => setOutcome(target.value as Outcome | "")}>
                  <option value="">{texts.allOutcomes}</option>
                  {OUTCOMES.map((each) => (
                    <option key={each}>{each}</option>
                  ))}
                </select>
              )}
            </Field>
          </div>
          <OutcomeTable
            caption={texts.report}
            rows={itemsOf(data)}
            empty={propagation.state === "finished" ? texts.noProfiles : texts.noneYet}
          />
          <LoadMore query={query} />
        </>
      )}
    </Panel>
  );
}
