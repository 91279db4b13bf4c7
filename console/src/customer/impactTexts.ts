/** Texts of what a change of a customer would do. */

export const impactTexts = {
  whatWouldChange: "What would this change?",
  nothing: "No value changes.",
  changes: "What would be recorded",
  notSet: "not set",
  deliveries: "Sent already, and would not be true any more",
  noDeliveries: "Nothing that was sent to Customer Engagement would differ.",
  sent: "sent",
} as const;

/** Says how many changes or deliveries are not listed. */
export function moreText(count: number, what: "change" | "delivery"): string {
  const plural = { change: "changes", delivery: "deliveries" }[what];
  return count === 1 ? `1 more ${what} is not listed.` : `${count} more ${plural} are not listed.`;
}
