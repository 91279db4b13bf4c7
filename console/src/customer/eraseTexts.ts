/** Texts of the dialog that erases personal data. */

export const texts = {
  open: "Erase personal data…",
  erase: "Erase personal data",
  cancel: "Cancel",
  unreadable:
    "The name, and the values of personal fields, read as [erased] from then on: everywhere, and on every past day.",
  merged: "So do those of the customers that are merged into this one.",
  rest: "Numbers, answers, accounts and the history stay. The customer can be read, and not changed any more.",
  forGood: "Nothing brings the personal data back.",
  reason: "Reason",
  reasonHint: "Stands in the history",
  enterReason: "Enter a reason first.",
} as const;

/** Asks whether the personal data of a customer are to be erased. */
export function question(number: string): string {
  return `Erase the personal data of customer ${number}?`;
}
