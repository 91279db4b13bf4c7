/** Returns the address of a customer's page. */
export function pathOf(number: string): string {
  return `/customers/${encodeURIComponent(number)}`;
}

/** Names a customer inside a sentence. */
export function customerName(number: string): string {
  return `customer ${number}`;
}
