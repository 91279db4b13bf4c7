/** Messages between an embedded part and the page of the agent desktop around it. */

export type Theme = "light" | "dark" | "system";

export interface OpenMessage {
  dossier: 1;
  type: "open";
  token: string;
  customer?: string;
  /** The call that the desktop shows; what is saved is said to be part of it. Without it, that of the agent who is signed in. */
  interaction?: string;
  theme?: Theme;
  /** The language that dates are written in, `de-AT`. */
  locale?: string;
}

export type FromHost = OpenMessage | { dossier: 1; type: "token"; token: string };

export type FromFrame =
  | { type: "ready" }
  | { type: "expired" }
  | { type: "saved"; changed: boolean; position: number | null; version: number }
  | { type: "resize"; height: number }
  | { type: "closed"; reason: "ok" | "cancel" };

/** Returns whether what arrived is a message of a host, in the shape that was agreed. */
export function isFromHost(data: unknown): data is FromHost {
  if (typeof data !== "object" || data === null) return false;
  const message = data as Partial<FromHost>;
  const known = message.type === "open" || message.type === "token";
  return message.dossier === 1 && known && typeof message.token === "string";
}
