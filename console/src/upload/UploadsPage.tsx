import { useInfiniteQuery } from "@tanstack/react-query";
import { useRights } from "../api/session.ts";
import { Empty } from "../design/Empty.tsx";
import { itemsOf, LoadMore } from "../design/LoadMore.tsx";
import { Panel } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { To } from "../design/To.tsx";
import { Instant } from "../design/When.tsx";
import { Page } from "../shell/Page.tsx";
import { type Upload, uploadsQuery } from "./queries.ts";
import { StateBadge } from "./StateBadge.tsx";
import { count, countsText, texts } from "./texts.ts";

/** Every upload, the latest first. */
export default function UploadsPage() {
  const may = useRights();
  const query = useInfiniteQuery(uploadsQuery());
  const action = may("receive_file") && (
    <To className="button primary" href="/set-up/uploads/new">
      {texts.newUpload}
    </To>
  );
  return (
    <Page title={texts.uploads} aside={action}>
      <Panel title={texts.uploads} query={query}>
        {(data) => (
          <>
            <UploadTable uploads={itemsOf(data)} />
            <LoadMore query={query} />
          </>
        )}
      </Panel>
    </Page>
  );
}

function UploadTable({ uploads }: { uploads: Upload[] }) {
  if (uploads.length === 0) return <Empty text={texts.none} />;
  return (
    <Table
      caption={texts.uploads}
      rows={uploads}
      keyOf={({ upload }) => upload}
      columns={[
        { head: texts.file, cell: ({ upload, file }) => <To href={`/set-up/uploads/${upload}`}>{file}</To> },
        { head: texts.state, cell: ({ state, percent }) => <State state={state} percent={percent} /> },
        { head: texts.rows, align: "end", cell: ({ rows }) => count(rows) },
        { head: texts.outcome, cell: countsText },
        { head: texts.received, cell: ({ received_at }) => <Instant at={received_at} /> },
        { head: texts.by, cell: ({ received_by }) => received_by },
      ]}
    />
  );
}

function State({ state, percent }: Pick<Upload, "state" | "percent">) {
  return (
    <>
      <StateBadge state={state} /> {state === "running" && `${percent} %`}
    </>
  );
}
