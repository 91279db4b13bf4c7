/** Names for what the API answers with; the shapes are generated from its document. */

import type { RIGHTS } from "./rights.ts";
import type { components } from "./schema.d.ts";

export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];
export type Operation = keyof typeof RIGHTS;
export type Role = (typeof RIGHTS)[Operation][number];

/** A problem document (RFC 9457) with the members that some kinds have besides. */
export type ProblemDocument = Schema<"Problem"> & {
  by?: string;
  at?: string;
  survivor?: string;
  count?: number;
  conflicts?: FieldConflict[];
};

/** A business field that somebody else changed meanwhile (rule 3.7). */
export interface FieldConflict {
  field: string;
  label: string;
  by: string;
  at: string;
  theirs: string | null;
  yours: string | null;
}
