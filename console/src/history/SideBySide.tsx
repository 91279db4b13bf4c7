import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { useMe } from "../api/session.ts";
import { Action } from "../design/Action.tsx";
import { Empty } from "../design/Empty.tsx";
import { Panel } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { isBeforeFirst, type Point } from "../time/point.ts";
import { pointText } from "../time/words.ts";
import { NothingYet } from "./NothingYet.tsx";
import { isSamePoint, type Pair, withPair } from "./pair.ts";
import { nothingDiffers, samePoint, texts } from "./texts.ts";

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
  /** Names what is compared: `account A-7`. */
  name: string;
  /** When the first entry about it was recorded; undefined until that is known. */
  first: string | undefined;
  query: UseQueryResult<Data>;
  children: (data: Data) => readonly Compared[];
}

/** The values at two points side by side: those that differ, or all. */
export function SideBySide<Data>({ pair, name, first, query, children }: Props<Data>) {
  const { today, time_zone } = useMe();
  const [isOnly, setOnly] = useState(true);
  const words = ({ validAt, knownAt }: Point) => pointText(validAt ?? today, knownAt, time_zone);
  const isSame = isSamePoint(pair, today);
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
        if (isSame) return <Empty text={samePoint(words(pair.a))} />;
        const rows = children(data).filter(({ isDifferent }) => isDifferent || !isOnly);
        return (
          <>
            <NotKnownYet pair={pair} name={name} first={first} />
            {rows.length === 0 ? (
              <Empty text={nothingDiffers(words(pair.a), words(pair.b))} />
            ) : (
              <Table
                caption={texts.compare}
                rows={rows}
                keyOf={({ key }) => key}
                columns={[
                  { head: texts.field, cell: ({ label }) => label },
                  { head: `A: ${words(pair.a)}`, cell: ({ a }) => a },
                  { head: `B: ${words(pair.b)}`, cell: ({ b }) => b },
                ]}
              />
            )}
          </>
        );
      }}
    </Panel>
  );
}

/** Says of each point before the first entry that nothing was recorded yet. */
function NotKnownYet({ pair, name, first }: Pick<Props<never>, "pair" | "name" | "first">) {
  const [path] = useLocation();
  const search = useSearch();
  return (["a", "b"] as const).map((side) => {
    const { validAt, knownAt } = pair[side];
    if (first === undefined || knownAt === null || !isBeforeFirst(pair[side], first)) return null;
    const href = `${path}?${withPair(search, { ...pair, [side]: { validAt, knownAt: first } })}`;
    return <NothingYet key={side} name={name} knownAt={knownAt} first={first} href={href} />;
  });
}
