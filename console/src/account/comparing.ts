/** Two points of a profile, and what differs between them. */

import type { Schema } from "../api/types.ts";
import { type Point, pointOf } from "../time/point.ts";
import { valuesOf } from "./options.ts";

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

type Resolution = Schema<"Resolution">;
type Explained = Schema<"Explained">;

export interface Compared {
  readonly path: string;
  readonly a: Explained | null;
  readonly b: Explained | null;
  readonly isDifferent: boolean;
}

/** Returns the values of two answers side by side. Whether they differ is a question of the value, not of its origin. */
export function compared(a: Resolution, b: Resolution): Compared[] {
  const [before, after] = [valuesOf(a), valuesOf(b)];
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  return paths.map((path) => {
    const [old, now] = [before.get(path) ?? null, after.get(path) ?? null];
    return { path, a: old, b: now, isDifferent: JSON.stringify(old?.value) !== JSON.stringify(now?.value) };
  });
}

/** Returns the profile that applies: the site's, else the account's; null where there is none. */
export function applied({ applies }: Resolution): Schema<"Applied"> | null {
  return applies.site ?? applies.account;
}
