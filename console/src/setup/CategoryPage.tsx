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
import { categoryHistoryQuery, categoryQuery, LOOK_AGAIN_MS } from "./queries.ts";
import { Responses } from "./Responses.tsx";
import "./setup.css";
import { CATEGORY, texts } from "./texts.ts";
import { useRefusal } from "./useRefusal.ts";

/** A category with its responses and its history, or a new one. */
export default function CategoryPage() {
  const { code = "" } = useParams();
  return code === "new" ? <NewCategory /> : <Existing code={Number(code)} />;
}

function NewCategory() {
  const [, navigate] = useLocation();
  return (
    <Page title={texts.newCategory}>
      <section className="panel form" aria-label={texts.newCategory}>
        <DefinitionForm
          members={CATEGORY}
          values={{ code: "", description: "", required: false, position: 0 }}
          version={0}
          isNew
          submitLabel={texts.createCategory}
          off={useRefusal("define_category")}
          save={(content, { "Idempotency-Key": key }) =>
            body(
              client.POST("/v1/categories", {
                params: { header: { "Idempotency-Key": key } },
                body: content as unknown as Schema<"NewCategory">,
              }),
            )
          }
          onSaved={({ code }) => navigate(`/set-up/categories/${code}`)}
        />
      </section>
    </Page>
  );
}

function Existing({ code }: { code: number }) {
  const point = usePoint();
  const query = useQuery({ ...categoryQuery(code, point), refetchInterval: LOOK_AGAIN_MS });
  const history = useInfiniteQuery({ ...categoryHistoryQuery(code, point), refetchInterval: LOOK_AGAIN_MS });
  return (
    <Page title={query.data?.description ?? String(code)} aside={query.data && <Head category={query.data} />}>
      <Panel title={texts.category} query={query}>
        {(category) => <Details category={category} change={changeOf(history, category.version)} />}
      </Panel>
      <Panel title={texts.responses} query={query}>
        {(category) => <Responses category={category} />}
      </Panel>
      <HistoryPanel query={history} />
    </Page>
  );
}

function Head({ category: { code, description, active } }: { category: Schema<"Category"> }) {
  return (
    <>
      <ActiveBadge isActive={active} />
      <Deactivation
        name={description}
        meaning={texts.categoryInactive}
        isActive={active}
        off={useRefusal("change_category")}
        save={(isActive) =>
          body(client.PATCH("/v1/categories/{code}", { params: { path: { code } }, body: { active: isActive } }))
        }
      />
    </>
  );
}

interface DetailsProps {
  category: Schema<"Category">;
  change: Change | undefined;
}

function Details({ category, change }: DetailsProps) {
  const { code, description, required, position, version } = category;
  return (
    <div className="form">
      <DefinitionForm
        members={CATEGORY}
        values={{ code, description, required, position }}
        version={version}
        change={change}
        submitLabel={texts.saveCategory}
        off={useRefusal("change_category")}
        save={(content, header) =>
          body(client.PATCH("/v1/categories/{code}", { params: { path: { code }, header }, body: content }))
        }
      />
    </div>
  );
}
