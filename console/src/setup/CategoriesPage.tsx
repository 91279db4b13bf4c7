import { useQuery } from "@tanstack/react-query";
import { useRights } from "../api/session.ts";
import type { Schema } from "../api/types.ts";
import { Empty } from "../design/Empty.tsx";
import { Panel } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { To } from "../design/To.tsx";
import { Page } from "../shell/Page.tsx";
import { usePoint } from "../time/usePoint.ts";
import { ActiveBadge } from "./ActiveBadge.tsx";
import { words } from "./members.ts";
import { categoriesQuery } from "./queries.ts";
import { texts } from "./texts.ts";

/** Every profile category (rule 1.1). */
export default function CategoriesPage() {
  const may = useRights();
  const query = useQuery(categoriesQuery(usePoint()));
  const action = may("define_category") && (
    <To className="button" href="/set-up/categories/new">
      {texts.newCategory}
    </To>
  );
  return (
    <Page title={texts.categories} aside={action}>
      <Panel title={texts.workWithCategories} query={query}>
        {({ items }) => <Categories categories={items} />}
      </Panel>
    </Page>
  );
}

function Categories({ categories }: { categories: Schema<"Category">[] }) {
  if (categories.length === 0) return <Empty text={texts.noCategories} />;
  return (
    <Table
      caption={texts.categories}
      rows={categories}
      keyOf={({ code }) => String(code)}
      columns={[
        {
          head: texts.category,
          cell: ({ code, description }) => <To href={`/set-up/categories/${code}`}>{description}</To>,
        },
        { head: texts.code, align: "end", cell: ({ code }) => code },
        { head: texts.required, cell: ({ required }) => words(required) },
        {
          head: texts.responses,
          cell: ({ responses }) =>
            responses
              .filter(({ active }) => active)
              .map(({ description }) => description)
              .join(" · "),
        },
        { head: texts.state, cell: ({ active }) => <ActiveBadge isActive={active} /> },
      ]}
    />
  );
}
