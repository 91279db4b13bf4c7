/** What differs between two answers about a profile. */

import type { Schema } from "../api/types.ts";
import { valuesOf } from "../terms/options.ts";

type Resolution = Schema<"Resolution">;
type Explained = Schema<"Explained">;

export interface ComparedValue {
  readonly path: string;
  readonly a: Explained | null;
  readonly b: Explained | null;
  readonly isDifferent: boolean;
}

/** Returns the values of two answers side by side. Whether they differ is a question of the value, not of its origin. */
export function compared(a: Resolution, b: Resolution): ComparedValue[] {
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
