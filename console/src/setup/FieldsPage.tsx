import { useQuery } from "@tanstack/react-query";
import { useRights } from "../api/session.ts";
import { Panel } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { To } from "../design/To.tsx";
import { Page } from "../shell/Page.tsx";
import { usePoint } from "../time/usePoint.ts";
import { ActiveBadge } from "./ActiveBadge.tsx";
import { words } from "./members.ts";
import { fieldsQuery } from "./queries.ts";
import { texts } from "./texts.ts";

/** Every business field (rule 3.1). */
export default function FieldsPage() {
  const may = useRights();
  const query = useQuery(fieldsQuery(usePoint()));
  const action = may("define_field") && (
    <To className="button" href="/set-up/fields/new">
      {texts.newField}
    </To>
  );
  return (
    <Page title={texts.fields} aside={action}>
      <Panel title={texts.fields} query={query}>
        {({ items }) => (
          <Table
            caption={texts.fields}
            rows={items}
            keyOf={({ key }) => key}
            columns={[
              { head: texts.field, cell: ({ key, label }) => <To href={`/set-up/fields/${key}`}>{label}</To> },
              { head: texts.key, cell: ({ key }) => <code>{key}</code> },
              { head: texts.group, cell: ({ group }) => group },
              { head: texts.type, cell: ({ type }) => type },
              { head: texts.agentEditable, cell: ({ agent_editable }) => words(agent_editable) },
              { head: texts.personal, cell: ({ personal }) => words(personal) },
              { head: texts.state, cell: ({ active }) => <ActiveBadge isActive={active} /> },
            ]}
          />
        )}
      </Panel>
    </Page>
  );
}
