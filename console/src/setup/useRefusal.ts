import { useRights } from "../api/session.ts";
import type { Operation } from "../api/types.ts";
import { usePastReason } from "../shell/usePastReason.ts";
import { texts } from "./texts.ts";

/** Returns why an operation cannot be used on this page, or null where it can. */
export function useRefusal(operation: Operation): string | null {
  const may = useRights();
  const past = usePastReason();
  return may(operation) ? past : texts.readOnly;
}
