/** The areas of the console, in the order of the navigation. A page family that is built adds its own here. */

import type { Operation } from "../api/types.ts";

/** A list of pages inside an area, with a link of its own. */
export interface Section {
  path: string;
  label: string;
  /** Who may call this operation sees it. */
  needs: Operation;
}

export interface Area {
  path: string;
  label: string;
  /** The key that goes there, after `g`. */
  key: string;
  /** Who may call this operation sees the area. */
  needs: Operation;
  sections?: readonly Section[];
}

export const AREAS: readonly Area[] = [
  { path: "/customers", label: "Customers", key: "c", needs: "find_customers" },
  { path: "/accounts", label: "Accounts", key: "a", needs: "list_accounts" },
  {
    path: "/set-up",
    label: "Set-up",
    key: "s",
    needs: "list_categories",
    sections: [
      { path: "/set-up/categories", label: "Categories", needs: "list_categories" },
      { path: "/set-up/fields", label: "Fields", needs: "list_fields" },
      { path: "/set-up/classes", label: "Classes", needs: "list_profile_classes" },
      { path: "/set-up/system-options", label: "System options", needs: "read_system_options" },
      { path: "/set-up/controls", label: "Controls", needs: "list_controls" },
      { path: "/set-up/mappings", label: "Mappings", needs: "list_mappings" },
      { path: "/set-up/uploads", label: "Uploads", needs: "list_uploads" },
    ],
  },
  { path: "/audit", label: "Audit", key: "u", needs: "search_history" },
  {
    path: "/operations",
    label: "Operations",
    key: "o",
    needs: "read_operations",
    sections: [
      { path: "/operations/deliveries", label: "Deliveries", needs: "list_deliveries" },
      { path: "/operations/dead-letters", label: "Dead letters", needs: "list_dead_letters" },
    ],
  },
];
