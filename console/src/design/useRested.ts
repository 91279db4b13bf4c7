import { useEffect, useState } from "react";

/** Returns a text once it has not changed for a while, so that nothing is asked for at each key. */
export function useRested(text: string, restMs: number): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = window.setTimeout(() => setRested(text), restMs);
    return () => window.clearTimeout(timer);
  }, [text, restMs]);
  return rested;
}
