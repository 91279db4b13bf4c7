import { useQuery } from "@tanstack/react-query";
import { useParams } from "wouter";
import { body, client } from "../api/client.ts";
import type { Schema } from "../api/types.ts";
import { Panel } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { To } from "../design/To.tsx";
import { Instant } from "../design/When.tsx";
import { Page } from "../shell/Page.tsx";
import { labelOf } from "../terms/options.ts";
import { TermsList } from "../terms/TermsList.tsx";
import { usePoint } from "../time/usePoint.ts";
import { precisionOf } from "../time/words.ts";
import { ActiveBadge } from "./ActiveBadge.tsx";
import { ClassForm } from "./ClassForm.tsx";
import { classQuery, versionsQuery } from "./classQueries.ts";
import { APPLY_TO, type ApplyTo, texts as classTexts } from "./classTexts.ts";
import { Deactivation } from "./Deactivation.tsx";
import { LOOK_AGAIN_MS } from "./queries.ts";
import "./setup.css";
import { texts } from "./texts.ts";
import { useRefusal } from "./useRefusal.ts";

type ProfileClass = Schema<"ClassRead">;
type Version = Schema<"ClassVersion">;

const DEFAULT = "DEFAULT";

/** A profile class: its options and amounts, a change of them, and its versions. */
export default function ClassPage() {
  const { name = "" } = useParams();
  const point = usePoint();
  const query = useQuery({ ...classQuery(name, point), refetchInterval: LOOK_AGAIN_MS });
  const versions = useQuery({ ...versionsQuery(name, point), refetchInterval: LOOK_AGAIN_MS });
  const version = (number: number) => versions.data?.find((each) => each.version === number);
  return (
    <Page title={name} aside={query.data && <Head profileClass={query.data} />}>
      <Panel title={classTexts.inForce} query={query}>
        {(profileClass) => (
          <>
            <p className="muted">{profileClass.description}</p>
            <TermsList terms={profileClass} before={version(profileClass.version - 1)} />
          </>
        )}
      </Panel>
      <Panel title={classTexts.change} query={query}>
        {(profileClass) => (
          <div className="form wide">
            <ClassForm profileClass={profileClass} change={version(profileClass.version)} />
          </div>
        )}
      </Panel>
      <Panel title={classTexts.versions} query={versions}>
        {(data) => <Versions versions={data} />}
      </Panel>
    </Page>
  );
}

function Head({ profileClass: { name, active } }: { profileClass: ProfileClass }) {
  const off = useRefusal("change_profile_class");
  return (
    <>
      <ActiveBadge isActive={active} />
      <Deactivation
        name={name}
        meaning={classTexts.classInactive}
        isActive={active}
        off={name === DEFAULT ? classTexts.defaultStays : off}
        save={(isActive) =>
          body(client.PATCH("/v1/profile-classes/{name}", { params: { path: { name } }, body: { active: isActive } }))
        }
      />
    </>
  );
}

function Versions({ versions }: { versions: Version[] }) {
  const precision = precisionOf(versions.map(({ recorded_at }) => recorded_at));
  return (
    <Table
      caption={classTexts.versions}
      marksChanges
      rows={versions}
      keyOf={({ version }) => String(version)}
      columns={[
        { head: classTexts.version, align: "end", cell: ({ version }) => version },
        { head: texts.when, cell: ({ recorded_at }) => <Instant at={recorded_at} precision={precision} /> },
        { head: classTexts.changedValues, cell: ({ changed }) => changed.map(labelOf).join(", ") },
        { head: classTexts.reaches, cell: (version) => <Reaches version={version} /> },
        { head: texts.who, cell: ({ actor }) => actor },
        { head: texts.why, cell: ({ reason }) => reason },
      ]}
    />
  );
}

/** For which profiles a version is; where it is for existing ones, that leads to its propagation. */
function Reaches({ version: { name, version, apply_to } }: { version: Version }) {
  if (apply_to === null) return null;
  const text = APPLY_TO[apply_to as ApplyTo];
  if (apply_to === "new") return text;
  return <To href={`/set-up/classes/${encodeURIComponent(name)}/propagations/${version}`}>{text}</To>;
}
