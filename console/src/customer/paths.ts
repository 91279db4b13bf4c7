/** Returns the address of a customer's page. */
export function pathOf(number: string): string {
  return `/customers/${encodeURIComponent(number)}`;
}
