import { Action } from "../design/Action.tsx";
import { Badge } from "../design/Badge.tsx";
import { Table } from "../design/Table.tsx";
import { Instant } from "../design/When.tsx";
import { dayNumber, dayOf } from "../time/dates.ts";
import { dayText, precisionOf } from "../time/words.ts";
import { classText, spanText, texts } from "./texts.ts";
import { inForce, type Recording, setHere, untilOf } from "./versions.ts";

interface Props {
  recordings: readonly Recording[];
  stop: number;
  onStop: (stop: number) => void;
}

/** The facts of the picture as two tables: what is in force as known at the point, and every recording. */
export function AsTable({ recordings, stop, onStop }: Props) {
  const precision = precisionOf(recordings.map(({ at }) => at));
  const known = recordings[stop]?.at;
  const when = known === undefined ? texts.now : <Instant at={known} precision={precision} />;
  return (
    <div className="stack whole-words">
      <h3>
        {texts.inForceAs} {stop < 0 ? texts.beforeFirst : when}
      </h3>
      <Table
        caption={texts.inForceAs}
        rows={inForce(recordings, stop)}
        keyOf={(span) => String(span.from)}
        columns={[
          { head: texts.from, cell: ({ from }) => dayText(dayOf(from)) },
          { head: texts.to, cell: ({ until }) => (Number.isFinite(until) ? dayText(dayOf(until - 1)) : texts.open) },
          { head: texts.profileClass, cell: ({ version }) => version.profile_class ?? texts.noProfile },
          { head: texts.version, cell: ({ version }) => version.class_version, align: "end" },
          { head: texts.setHere, cell: ({ version }) => setHere(version) || "", align: "end" },
          { head: texts.recorded, cell: ({ version }) => <Instant at={version.recorded_at} precision={precision} /> },
        ]}
      />
      <h3>{texts.recordings}</h3>
      <Table
        caption={texts.recordings}
        rows={recordings.map((recording, index) => ({ ...recording, index }))}
        keyOf={({ at }) => at}
        columns={[
          {
            head: texts.recorded,
            cell: ({ at, index }) => (
              <Action look="quiet" aria-pressed={index === stop} onClick={() => onStop(index)}>
                <Instant at={at} precision={precision} />
              </Action>
            ),
          },
          { head: texts.by, cell: ({ versions }) => versions[0]?.actor },
          { head: texts.what, cell: ({ versions }) => <Versions versions={versions} /> },
          { head: texts.reason, cell: ({ versions }) => versions[0]?.reason },
        ]}
      />
    </div>
  );
}

function Versions({ versions }: Pick<Recording, "versions">) {
  return (
    <ul className="plain">
      {versions.map((version) => (
        <li key={version.event_id}>
          {classText(version)}, {spanText({ from: dayNumber(version.effective_from), until: untilOf(version) })}{" "}
          {version.back_dated && <Badge tone="warning">{texts.backDated}</Badge>}
        </li>
      ))}
    </ul>
  );
}
