import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useLocation, useParams } from "wouter";
import { body, client } from "../api/client.ts";
import type { Schema } from "../api/types.ts";
import { Panel } from "../design/Panel.tsx";
import { Page } from "../shell/Page.tsx";
import { usePoint } from "../time/usePoint.ts";
import { ActiveBadge } from "./ActiveBadge.tsx";
import { Deactivation } from "./Deactivation.tsx";
import { DefinitionForm } from "./DefinitionForm.tsx";
import { type Change, changeOf, HistoryPanel } from "./HistoryPanel.tsx";
import type { Values } from "./members.ts";
import { fieldHistoryQuery, fieldQuery, LOOK_AGAIN_MS } from "./queries.ts";
import "./setup.css";
import { FIELD, texts } from "./texts.ts";
import { useRefusal } from "./useRefusal.ts";

const NEW: Values = {
  key: "",
  label: "",
  group: "business",
  type: "string",
  choices: [],
  agent_editable: false,
  required: false,
  personal: false,
  masked: false,
  searchable: false,
  policy: "newest",
  position: 0,
};

/** A business field and its history, or a new one. */
export default function FieldPage() {
  const { key = "" } = useParams();
  return key === "new" ? <NewField /> : <Existing fieldKey={key} />;
}

function NewField() {
  const [, navigate] = useLocation();
  return (
    <Page title={texts.newField}>
      <section className="panel form" aria-label={texts.newField}>
        <DefinitionForm
          members={FIELD}
          values={NEW}
          version={0}
          isNew
          submitLabel={texts.createField}
          off={useRefusal("define_field")}
          save={(content, { "Idempotency-Key": key }) =>
            body(
              client.POST("/v1/fields", {
                params: { header: { "Idempotency-Key": key } },
                body: content as unknown as Schema<"NewField">,
              }),
            )
          }
          onSaved={({ key }) => navigate(`/set-up/fields/${key}`)}
        />
      </section>
    </Page>
  );
}

function Existing({ fieldKey: key }: { fieldKey: string }) {
  const point = usePoint();
  const query = useQuery({ ...fieldQuery(key, point), refetchInterval: LOOK_AGAIN_MS });
  const history = useInfiniteQuery({ ...fieldHistoryQuery(key, point), refetchInterval: LOOK_AGAIN_MS });
  return (
    <Page title={query.data?.label ?? key} aside={query.data && <Head field={query.data} />}>
      <Panel title={texts.field} query={query}>
        {(field) => <Details field={field} change={changeOf(history, field.version)} />}
      </Panel>
      <HistoryPanel query={history} />
    </Page>
  );
}

function Head({ field: { key, label, active } }: { field: Schema<"FieldRead"> }) {
  return (
    <>
      <ActiveBadge isActive={active} />
      <Deactivation
        name={label}
        meaning={texts.fieldInactive}
        isActive={active}
        off={useRefusal("change_field")}
        save={(isActive) =>
          body(client.PATCH("/v1/fields/{key}", { params: { path: { key } }, body: { active: isActive } }))
        }
      />
    </>
  );
}

interface DetailsProps {
  field: Schema<"FieldRead">;
  change: Change | undefined;
}

function Details({ field, change }: DetailsProps) {
  const { active: _, validators: __, explanations: ___, version, ...values } = field;
  const { key } = field;
  return (
    <div className="form">
      <DefinitionForm
        members={FIELD}
        values={values}
        version={version}
        change={change}
        submitLabel={texts.saveField}
        off={useRefusal("change_field")}
        save={(content, header) =>
          body(client.PATCH("/v1/fields/{key}", { params: { path: { key }, header }, body: content }))
        }
      />
    </div>
  );
}
