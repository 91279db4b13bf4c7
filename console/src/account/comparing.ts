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
export function compared(a: Resolution | null, b: Resolution | null): ComparedValue[] {
  const before: Map<string, Explained> = a === null ? new Map() : valuesOf(a);
  const after: Map<string, Explained> = b === null ? new Map() : valuesOf(b);
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

/** Returns the id of the event that gave this version of its class to the profile that applies; undefined where no value tells. */
export function eventOfClass(resolution: Resolution): string | undefined {
  const profile = applied(resolution);
  const level = resolution.applies.site === null ? "account" : "site";
  return (
    [...valuesOf(resolution).values()].find(
      (value) => value.origin === "class" && value.level === level && value.class_version === profile?.class_version,
    )?.event_id ?? undefined
  );
}
