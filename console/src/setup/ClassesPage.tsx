import { useQuery } from "@tanstack/react-query";
import { useRights } from "../api/session.ts";
import type { Schema } from "../api/types.ts";
import { Panel } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { To } from "../design/To.tsx";
import { Instant } from "../design/When.tsx";
import { inOrderOfDefinition } from "../picture/hues.ts";
import { Swatch } from "../picture/Swatch.tsx";
import { Page } from "../shell/Page.tsx";
import { usePoint } from "../time/usePoint.ts";
import { ActiveBadge } from "./ActiveBadge.tsx";
import { classesQuery } from "./classQueries.ts";
import { texts as classTexts } from "./classTexts.ts";
import { texts } from "./texts.ts";

/** Every profile class (rule 2.1). */
export default function ClassesPage() {
  const may = useRights();
  const query = useQuery(classesQuery(usePoint()));
  const action = may("define_profile_class") && (
    <To className="button" href="/set-up/classes/new">
      {classTexts.newClass}
    </To>
  );
  return (
    <Page title={classTexts.classes} aside={action}>
      <Panel title={classTexts.classes} query={query}>
        {({ items }) => <Classes classes={items} />}
      </Panel>
    </Page>
  );
}

function Classes({ classes }: { classes: Schema<"ClassRead">[] }) {
  const order = inOrderOfDefinition(classes);
  return (
    <Table
      caption={classTexts.classes}
      rows={classes}
      keyOf={({ name }) => name}
      columns={[
        {
          head: classTexts.profileClass,
          cell: ({ name }) => (
            <>
              <Swatch profileClass={name} classes={order} />{" "}
              <To href={`/set-up/classes/${encodeURIComponent(name)}`}>{name}</To>
            </>
          ),
        },
        { head: texts.description, cell: ({ description }) => description },
        { head: texts.state, cell: ({ active }) => <ActiveBadge isActive={active} /> },
        { head: classTexts.version, align: "end", cell: ({ version }) => version },
        { head: classTexts.definedAt, cell: ({ defined_at }) => <Instant at={defined_at} /> },
      ]}
    />
  );
}
