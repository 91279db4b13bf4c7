/** What each version set on this account or site only, with the value that was set there before (rules 2.8, 2.18). */

import { recordingsOf, type Version, versionAt } from "../picture/versions.ts";
import type { Value } from "../terms/options.ts";
import { dayNumber } from "../time/dates.ts";

export interface Change {
  readonly path: string;
  /** Undefined where nothing was set here before: the value came from the class. */
  readonly before: Value | null | undefined;
  /** Null where it was taken away. */
  readonly after: Value | null;
}

/** Returns the values that are set here in a version, with those of the version that it was recorded over. */
export function changesOf(versions: readonly Version[], index: number): Change[] {
  const version = versions[index];
  if (version === undefined) return [];
  const earlier = recordingsOf(versions.slice(0, index));
  const before = versionAt(earlier, earlier.length - 1, dayNumber(version.effective_from));
  const values = (before?.set_here ?? {}) as Record<string, Value | null>;
  return Object.entries(version.set_here as Record<string, Value | null>).map(([path, after]) => ({
    path,
    after,
    before: JSON.stringify(values[path]) === JSON.stringify(after) ? undefined : values[path],
  }));
}
