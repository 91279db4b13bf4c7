import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useId } from "react";
import { NetworkError, problemOf } from "../api/problems.ts";
import { useMe } from "../api/session.ts";
import { timeText } from "../time/words.ts";
import { Boundary } from "./Boundary.tsx";
import { Notice } from "./Notice.tsx";
import { Problem } from "./Problem.tsx";

interface Props<Data> {
  title: string;
  /** Stands beside the title. */
  actions?: ReactNode;
  query: UseQueryResult<Data>;
  children: (data: Data) => ReactNode;
}

const CATCHING_UP = "Catching up…";

/** A part of a page with one read of its own, in each of the states that a read can have. */
export function Panel<Data>({ title, actions, query, children }: Props<Data>) {
  const heading = useId();
  return (
    <section className="panel" aria-labelledby={heading} aria-busy={query.isPending}>
      <header>
        <h2 id={heading}>{title}</h2>
        {actions}
      </header>
      <Boundary>
        <Reading query={query}>{children}</Reading>
      </Boundary>
    </section>
  );
}

/** What a read gives, or in which state it is instead; what was there stays while it is asked again. */
export function Reading<Data>({ query, children }: Pick<Props<Data>, "query" | "children">) {
  const behind = query.isFetching && problemOf(query.failureReason, "behind") !== null;
  const known = query.data === undefined ? null : children(query.data);
  return (
    <>
      {behind && <Notice role="status">{CATCHING_UP}</Notice>}
      {query.isPending && <div className="skeleton" />}
      {query.isError && known !== null && <AsOf updatedAt={query.dataUpdatedAt} />}
      {query.isError && !(known !== null && query.error instanceof NetworkError) && (
        <Problem error={query.error} onRetry={() => void query.refetch()} />
      )}
      {known}
    </>
  );
}

function AsOf({ updatedAt }: { updatedAt: number }) {
  const { time_zone } = useMe();
  return <p className="hint">as of {timeText(updatedAt, time_zone)}</p>;
}
