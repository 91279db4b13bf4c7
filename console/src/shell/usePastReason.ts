import { usePoint } from "../time/usePoint.ts";
import { texts } from "./texts.ts";

/** Returns why nothing can be changed on this page, or null where it can: what was known in the past stays as it was. */
export function usePastReason(): string | null {
  return usePoint().knownAt === null ? null : texts.pastIsReadOnly;
}
