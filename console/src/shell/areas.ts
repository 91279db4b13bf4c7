/** The areas of the console, in the order of the navigation. A page family that is built adds its own here. */

import type { Operation } from "../api/types.ts";

export interface Area {
  path: string;
  label: string;
  /** The key that goes there, after `g`. */
  key: string;
  /** Who may call this operation sees the area. */
  needs: Operation;
}

export const AREAS: readonly Area[] = [
  { path: "/customers", label: "Customers", key: "c", needs: "find_customers" },
  { path: "/accounts", label: "Accounts", key: "a", needs: "list_accounts" },
];
