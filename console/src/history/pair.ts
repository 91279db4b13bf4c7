/** Two points in time that are compared, both in the address. */

import { type Point, pointOf } from "../time/point.ts";

export interface Pair {
  readonly a: Point;
  readonly b: Point;
}

/** Returns the two points of an address; what is left out stands for today, and for now. */
export function pairOf(search: string): Pair {
  const parameters = new URLSearchParams(search);
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

/** Returns an address's query with these points instead of its own. */
export function withPair(search: string, { a, b }: Pair): string {
  const parameters = new URLSearchParams(search);
  const values = { a_valid: a.validAt, a_known: a.knownAt, b_valid: b.validAt, b_known: b.knownAt };
  for (const [name, value] of Object.entries(values)) {
    if (value === null) parameters.delete(name);
    else parameters.set(name, value);
  }
  return parameters.toString();
}
