import { useState } from "react";
import { body, client } from "../api/client.ts";
import { useMe } from "../api/session.ts";
import { fieldsOf } from "./edits.ts";

/** The roles that may see masked values (rule 5.2). */
const UNMASKERS = ["administrator", "auditor"];

/** Returns whether the person signed in may see masked values. */
export function useMayUnmask(): boolean {
  const { roles } = useMe();
  return roles.some((role) => UNMASKERS.includes(role));
}

/** Returns the masked values that were shown, by field key, and the function that shows them, which is recorded. */
export function useUnmasked(number: string) {
  const mayShow = useMayUnmask();
  const [unmasked, setUnmasked] = useState<Readonly<Record<string, string | null>>>({});

  async function show() {
    const params = { path: { number }, query: { unmask: true } };
    const widget = await body(client.GET("/v1/customers/{number}/fields", { params }));
    setUnmasked(Object.fromEntries(fieldsOf(widget).map((field) => [field.key, field.value])));
  }

  return { unmasked, show: mayShow ? () => void show() : undefined };
}
