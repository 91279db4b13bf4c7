/** Texts of the page that merges customers, and undoes merges. */

export const texts = {
  which: "Which customer is the duplicate?",
  otherNumber: "Number of the other customer",
  otherHint: "It is the same person or firm, registered twice.",
  show: "Show what a merge does",
  effect: "What the merge does",
  itself: "A customer cannot be merged with itself.",
  mayNot: "Your role does not merge customers.",
  survivor: "Who survives",
  registered: "registered",
  older: "the older one",
  field: "Field",
  afterwards: "Afterwards",
  takenFrom: "taken from",
  notSet: "not set",
  onDay: "Show what the merge does on",
  everyDay:
    "The table shows this one day. The merge is about every day: a value of the survivor wins where it is set, and the other one's holds on days without.",
  bothHistories: "Both histories stay.",
  canBeUndone: "The merge can be undone: then it reads as if it had never happened, with what was set since.",
  reason: "Reason",
  reasonHint: "Stands in both histories",
  mergedIn: "Merged into this customer",
  undoSeparate: "The customer stands for itself again, under its own number.",
  undoValues: "What was taken from it goes again, and what that covered shows again. What was set since stays.",
  undoHistory: "Both histories stay, and tell of the merge and of its undoing.",
  cancel: "Cancel",
} as const;

/** Titles the page that merges customers. */
export function mergeOf(name: string): string {
  return `Merge: ${name}`;
}

/** Names the merge for the button that does it. */
export function mergeInto(away: string, survivor: string): string {
  return `Merge ${away} into ${survivor}`;
}

/** Says what becomes of the number of a customer that is merged away. */
export function leadsTo(away: string, survivor: string): string {
  return `Number ${away} and its alternate numbers lead to ${survivor} from then on, and its accounts are listed there.`;
}

/** Names the undoing of a merge. */
export function undoMerge(number: string): string {
  return `Undo the merge of ${number}`;
}
