/** What a merge takes: per field and category the survivor's value wins where it is set (rule 6.1). */

import { microseconds } from "../time/dates.ts";
import { type Held, valuesOf } from "./comparing.ts";
import type { Snapshot } from "./queries.ts";

export interface MergedValue {
  /** `name`, `responses.1`, `fields.city`. */
  readonly key: string;
  readonly label: string;
  /** Null where it has none. */
  readonly survivor: Held | null;
  readonly other: Held | null;
  /** The value that the survivor takes from the other one; null where it keeps its own, or there is none. */
  readonly taken: Held | null;
}

/** Returns every value that either customer has on a day, and which of them the survivor takes. Numbers are never taken. */
export function mergedValues(survivor: Snapshot, other: Snapshot): MergedValue[] {
  const [own, others] = [valuesOf(survivor), valuesOf(other)];
  const keys = [...new Set([...own.keys(), ...others.keys()])].filter((key) => !key.startsWith("alternate_numbers."));
  return keys.map((key) => {
    const [mine = null, theirs = null] = [own.get(key), others.get(key)];
    const label = (mine ?? theirs)?.label ?? key;
    return { key, label, survivor: mine, other: theirs, taken: mine === null ? theirs : null };
  });
}

/** Returns the customer that was registered first, who survives unless another is chosen; the first of the two where both were at once. */
export function olderOf(customer: Snapshot, other: Snapshot): Snapshot {
  return microseconds(other.customer.registered_at) < microseconds(customer.customer.registered_at) ? other : customer;
}
