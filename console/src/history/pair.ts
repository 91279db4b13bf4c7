/** Two points in time that are compared, both in the address. */

import { type Point, pointOf } from "../time/point.ts";

export interface Pair {
  readonly a: Point;
  readonly b: Point;
}

const NAMES = ["a_valid", "a_known", "b_valid", "b_known"];

/**
 * Returns the two points of an address. Where it names neither, they are the point of the page and the same day as known now; what else
 * is left out stands for today, and for now.
 */
export function pairOf(search: string): Pair {
  const parameters = new URLSearchParams(search);
  if (!NAMES.some((name) => parameters.has(name))) return thenAndNow(pointOf(search));
  const of = (side: string) =>
    pointOf(
      String(
        new URLSearchParams({
          valid: parameters.get(`${side}_valid`) ?? "",
          known: parameters.get(`${side}_known`) ?? "",
        }),
      ),
    );
  return { a: of("a"), b: of("b") };
}

/** Returns a point, and the same day as known now. */
export function thenAndNow(a: Point): Pair {
  return { a, b: { validAt: a.validAt, knownAt: null } };
}

/** Returns whether there is nothing to compare, because both points are the same. */
export function isSamePoint({ a, b }: Pair, today: string): boolean {
  return (a.validAt ?? today) === (b.validAt ?? today) && a.knownAt === b.knownAt;
}

/** Returns an address's query with these points instead of its own; today and now stand there as words. */
export function withPair(search: string, { a, b }: Pair): string {
  const parameters = new URLSearchParams(search);
  for (const [side, { validAt, knownAt }] of Object.entries({ a, b })) {
    parameters.set(`${side}_valid`, validAt ?? "today");
    parameters.set(`${side}_known`, knownAt ?? "now");
  }
  return parameters.toString();
}
