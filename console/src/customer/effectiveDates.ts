/** The days that a change of a customer is to hold on, as they stand in a form. */

export interface Dates {
  /** Empty: from today on. */
  readonly from: string;
  /** Empty: open. */
  readonly to: string;
}

export const NO_DATES: Dates = { from: "", to: "" };

/** Returns the days as the API takes them. */
export function daysOf({ from, to }: Dates) {
  return { effective_from: from || null, effective_to: to || null };
}

/** Returns whether days were given. */
export function isDated({ from, to }: Dates): boolean {
  return from !== "" || to !== "";
}

/** Returns whether the days begin in the past. */
export function isBackDated({ from }: Dates, today: string): boolean {
  return from !== "" && from < today;
}
