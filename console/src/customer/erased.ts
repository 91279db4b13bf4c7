/** What the API writes in place of a value whose key was destroyed (rule 5.1). */
export const ERASED = "[erased]";
