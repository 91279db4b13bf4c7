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

const AS_COUNTED = new Intl.Collator("en", { numeric: true });

/** Compares numbers as people count, A-7 before A-10; the API goes by their characters. */
export function compareNumbers(a: string, b: string): number {
  return AS_COUNTED.compare(a, b);
}

/** Returns the items that were read: as people count where the first page has all of them, else in the order of the API, whose pages follow it. */
export function itemsByNumber<Item>(data: InfiniteData<Page<Item>>, numberOf: (item: Item) => string): Item[] {
  const items = itemsOf(data);
  const isWhole = data.pages.length === 1 && !data.pages[0]?.next_cursor;
  return isWhole ? items.toSorted((a, b) => compareNumbers(numberOf(a), numberOf(b))) : items;
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
