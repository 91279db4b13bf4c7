import type { Schema } from "../api/types.ts";
import { Empty } from "../design/Empty.tsx";
import { Table } from "../design/Table.tsx";
import { To } from "../design/To.tsx";
import { Days } from "../design/When.tsx";
import { labelOf, type Value, valueText } from "../terms/options.ts";
import { profileText, texts } from "./classTexts.ts";
import { texts as setupTexts } from "./texts.ts";

type Reported = Schema<"Reported">;

interface Props {
  caption: string;
  rows: Reported[];
  empty?: string;
}

/** What becomes of each profile, value by value. */
export function OutcomeTable({ caption, rows, empty = texts.noProfiles }: Props) {
  if (rows.length === 0) return <Empty text={empty} />;
  return (
    <Table
      caption={caption}
      rows={rows}
      keyOf={({ account, site }) => `${account}/${site ?? ""}`}
      columns={[
        { head: texts.profile, cell: (row) => <To href={pathOf(row)}>{profileText(row)}</To> },
        {
          head: texts.outcome,
          cell: ({ outcome, reason }) => (
            <>
              {outcome}
              {reason !== null && <div className="hint">{reason}</div>}
            </>
          ),
        },
        { head: texts.changes, cell: ({ changes }) => <Changes changes={changes ?? []} /> },
      ]}
    />
  );
}

function pathOf({ account, site }: Reported): string {
  const path = `/accounts/${encodeURIComponent(account)}`;
  return site === null ? path : `${path}/sites/${encodeURIComponent(site)}`;
}

function Changes({ changes }: { changes: readonly Schema<"ChangedValue">[] }) {
  const text = (value: Value | null) => (value === null ? setupTexts.none : valueText(value));
  return (
    <ul className="plain">
      {changes.map(({ path, effective_from, effective_to, before, after, set_here }) => (
        <li key={`${path} ${effective_from}`}>
          {labelOf(path)}: {text(before)} → {text(after)} {set_here && `(${texts.setHere}) `}
          <span className="hint">
            <Days from={effective_from} to={effective_to} />
          </span>
        </li>
      ))}
    </ul>
  );
}
