import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useMe } from "../api/session.ts";
import { Action } from "../design/Action.tsx";
import { Empty } from "../design/Empty.tsx";
import { Panel } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import type { Point } from "../time/point.ts";
import { pointText } from "../time/words.ts";
import type { Pair } from "./pair.ts";
import { texts } from "./texts.ts";

/** A value at both points, each with where it comes from. */
export interface Compared {
  readonly key: string;
  readonly label: string;
  readonly a: ReactNode;
  readonly b: ReactNode;
  readonly isDifferent: boolean;
}

interface Props<Data> {
  pair: Pair;
  query: UseQueryResult<Data>;
  children: (data: Data) => readonly Compared[];
}

/** The values at two points side by side: those that differ, or all. */
export function SideBySide<Data>({ pair, query, children }: Props<Data>) {
  const { today, time_zone } = useMe();
  const [isOnly, setOnly] = useState(true);
  const head = (side: string, { validAt, knownAt }: Point) =>
    `${side}: ${pointText(validAt ?? today, knownAt, time_zone)}`;
  return (
    <Panel
      title={texts.compare}
      query={query}
      actions={
        <Action aria-pressed={isOnly} onClick={() => setOnly(!isOnly)}>
          {texts.onlyDifferences}
        </Action>
      }
    >
      {(data) => {
        const rows = children(data).filter(({ isDifferent }) => isDifferent || !isOnly);
        if (rows.length === 0) return <Empty text={texts.noDifferences} />;
        return (
          <Table
            caption={texts.compare}
            rows={rows}
            keyOf={({ key }) => key}
            columns={[
              { head: texts.field, cell: ({ label }) => label },
              { head: head("A", pair.a), cell: ({ a }) => a },
              { head: head("B", pair.b), cell: ({ b }) => b },
            ]}
          />
        );
      }}
    </Panel>
  );
}
