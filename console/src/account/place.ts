/** An account, or a site under it: whose profile a page is about. */

import { useParams } from "wouter";

export interface Place {
  readonly account: string;
  readonly site?: string;
}

/** Returns the place that the address names. */
export function usePlace(): Place {
  const { account = "", site } = useParams();
  return site === undefined ? { account } : { account, site };
}

/** Returns the address of the place's page. */
export function pathOf({ account, site }: Place): string {
  const path = `/accounts/${encodeURIComponent(account)}`;
  return site === undefined ? path : `${path}/sites/${encodeURIComponent(site)}`;
}
