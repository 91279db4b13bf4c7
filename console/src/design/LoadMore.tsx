import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Action } from "./Action.tsx";
import { announce } from "./announce.ts";

interface Page<Item> {
  items: Item[];
  next_cursor?: string | null;
}

/** Returns the items of all pages that were read so far. */
export function itemsOf<Item>(data: InfiniteData<Page<Item>>): Item[] {
  return data.pages.flatMap((page) => page.items);
}

/** The button that reads another page of a list; how many are there now is announced. */
export function LoadMore<Item>({ query }: { query: UseInfiniteQueryResult<InfiniteData<Page<Item>>> }) {
  const pages = useRef(query.data?.pages.length ?? 0);
  const count = query.data === undefined ? 0 : itemsOf(query.data).length;
  useEffect(() => {
    const now = query.data?.pages.length ?? 0;
    if (pages.current > 0 && now > pages.current) announce(`${count} loaded`);
    pages.current = now;
  }, [query.data, count]);
  if (!query.hasNextPage) return null;
  return (
    <div>
      <Action onClick={() => void query.fetchNextPage()}>Load 50 more</Action>
    </div>
  );
}
