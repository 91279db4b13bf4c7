import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { body, client } from "../api/client.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { announce } from "../design/announce.ts";
import { Badge } from "../design/Badge.tsx";
import { Dialog } from "../design/Dialog.tsx";
import { Empty } from "../design/Empty.tsx";
import { leave } from "../design/leaving.ts";
import { Problem } from "../design/Problem.tsx";
import { Table } from "../design/Table.tsx";
import { ActiveBadge } from "./ActiveBadge.tsx";
import { Deactivation } from "./Deactivation.tsx";
import { DefinitionForm } from "./DefinitionForm.tsx";
import { moved } from "./members.ts";
import { defaultMoves, makesDefault, RESPONSE, texts } from "./texts.ts";
import { useRefusal } from "./useRefusal.ts";

type Category = Schema<"Category">;
type Response = Schema<"Response">;

/** The responses of a category: their order, the default among them, and further ones (rules 1.2, 1.3). */
export function Responses({ category }: { category: Category }) {
  const queries = useQueryClient();
  const [error, setError] = useState<Error | null>(null);
  const [edited, setEdited] = useState<Response | "new" | null>(null);
  const off = useRefusal("change_response");
  const { responses } = category;
  const former = responses.find((each) => each.default);
  const close = () => leave(() => setEdited(null));

  async function change(code: string, content: Schema<"ResponseChange">) {
    const path = { code: category.code, response: code };
    return body(client.PATCH("/v1/categories/{code}/responses/{response}", { params: { path }, body: content }));
  }

  async function attempt(changing: () => Promise<unknown>) {
    setError(null);
    await changing().catch((failure: Error) => setError(failure));
    await queries.invalidateQueries();
  }

  async function move(index: number, by: -1 | 1) {
    for (const [place, response] of moved(responses, index, by).entries())
      if (response.position !== place + 1) await change(response.code, { position: place + 1 });
  }

  async function makeDefault({ code, description }: Response) {
    await change(code, { default: true });
    announce(defaultMoves(former?.description, description));
  }

  return (
    <>
      {error && <Problem error={error} />}
      {responses.length === 0 ? (
        <Empty text={texts.noResponses} />
      ) : (
        <Table
          caption={texts.responses}
          marksChanges
          rows={responses}
          keyOf={({ code }) => code}
          columns={[
            { head: texts.response, cell: (response) => <Name response={response} /> },
            { head: texts.code, cell: ({ code }) => code },
            {
              head: texts.order,
              cell: (response) => (
                <Order
                  response={response}
                  index={responses.indexOf(response)}
                  last={responses.length - 1}
                  off={off}
                  onMove={(index, by) => void attempt(() => move(index, by))}
                />
              ),
            },
            {
              head: texts.change,
              cell: (response) => (
                <div className="row">
                  <Action off={off} onClick={() => setEdited(response)}>
                    {texts.edit}
                    <span className="unseen"> {response.description}</span>
                  </Action>
                  <Action
                    off={off ?? (response.default ? texts.defaultAlready : null)}
                    title={makesDefault(former?.description)}
                    onClick={() => void attempt(() => makeDefault(response))}
                  >
                    {texts.makeDefault}
                    <span className="unseen"> {response.description}</span>
                  </Action>
                  <Deactivation
                    name={response.description}
                    meaning={texts.responseInactive}
                    isActive={response.active}
                    off={off}
                    save={(isActive) => change(response.code, { active: isActive })}
                  />
                </div>
              ),
            },
          ]}
        />
      )}
      <div>
        <Action off={off} onClick={() => setEdited("new")}>
          {texts.newResponse}
        </Action>
      </div>
      <Dialog
        title={edited === "new" || edited === null ? texts.newResponse : edited.description}
        isOpen={edited !== null}
        onClose={close}
      >
        {edited !== null && <ResponseForm category={category} response={edited} onDone={() => setEdited(null)} />}
        <Action onClick={close}>{texts.close}</Action>
      </Dialog>
    </>
  );
}

function Name({ response }: { response: Response }) {
  return (
    <span className="row">
      {response.description}
      {response.default && <Badge tone="accent">{texts.default}</Badge>}
      {!response.active && <ActiveBadge isActive={false} />}
    </span>
  );
}

interface OrderProps {
  response: Response;
  index: number;
  last: number;
  off: string | null;
  onMove: (index: number, by: -1 | 1) => void;
}

function Order({ response, index, last, off, onMove }: OrderProps) {
  return (
    <div className="row">
      <Action off={off ?? (index === 0 ? texts.firstAlready : null)} onClick={() => onMove(index, -1)}>
        {texts.up}
        <span className="unseen"> {response.description}</span>
      </Action>
      <Action off={off ?? (index === last ? texts.lastAlready : null)} onClick={() => onMove(index, 1)}>
        {texts.down}
        <span className="unseen"> {response.description}</span>
      </Action>
    </div>
  );
}

interface ResponseFormProps {
  category: Category;
  response: Response | "new";
  onDone: () => void;
}

function ResponseForm({ category: { code, version, responses }, response, onDone }: ResponseFormProps) {
  const isNew = response === "new";
  const values = isNew ? { code: "", description: "" } : { code: response.code, description: response.description };
  return (
    <DefinitionForm
      prefix="response."
      members={RESPONSE}
      values={values}
      version={version}
      isNew={isNew}
      submitLabel={isNew ? texts.createResponse : texts.saveResponse}
      off={useRefusal("change_response")}
      save={(content, header) =>
        isNew
          ? body(
              client.POST("/v1/categories/{code}/responses", {
                params: { path: { code }, header },
                body: { ...content, position: responses.length + 1 } as unknown as Schema<"NewResponse">,
              }),
            )
          : body(
              client.PATCH("/v1/categories/{code}/responses/{response}", {
                params: { path: { code, response: response.code }, header },
                body: content,
              }),
            )
      }
      onSaved={onDone}
    />
  );
}
