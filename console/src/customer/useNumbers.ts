/** Changes of a customer's alternate numbers (rule 1.14). */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { body, client } from "../api/client.ts";
import { customerQuery } from "../api/customers.ts";
import { useSubmission } from "../api/submission.ts";
import type { Schema } from "../api/types.ts";
import { NOW } from "../time/point.ts";
import { added, madePrimary, removed, pageTexts as texts } from "./texts.ts";

/** What is to become of a number. */
export type NumberChange = { number: string; reason: string | null } & (
  | { act: "add"; isPrimary: boolean }
  | { act: "make_primary" }
  | { act: "remove" }
);

/** Returns the function that sends a change unless one is on its way, what the last one was answered with, and why it failed. */
export function useNumbers(customer: Schema<"Customer">, onDone: () => void) {
  const isSending = useRef(false);
  const queries = useQueryClient();
  const submission = useSubmission();
  const [message, setMessage] = useState<string | null>(null);
  const primary = customer.alternate_numbers.find((each) => each.primary)?.number ?? null;

  const change = useMutation({
    mutationFn: (wanted: NumberChange) => send(customer.number, submission.headers(customer.version, wanted), wanted),
    onMutate: () => setMessage(null),
    onSuccess: async (answer, wanted) => {
      submission.succeeded();
      await queries.invalidateQueries();
      // Before it is said: whoever goes on at once is not ignored.
      isSending.current = false;
      setMessage(answer.changed ? outcome(wanted, primary) : texts.nothingChanged);
      onDone();
    },
    // What somebody else changed meanwhile is shown, so that the next attempt is compared with it.
    onError: () => {
      isSending.current = false;
      return queries.invalidateQueries({ queryKey: customerQuery(customer.number, NOW).queryKey });
    },
  });

  function once(wanted: NumberChange) {
    if (isSending.current) return;
    isSending.current = true;
    change.mutate(wanted);
  }

  return { send: once, error: change.error, message };
}

function send(customer: string, header: ReturnType<ReturnType<typeof useSubmission>["headers"]>, wanted: NumberChange) {
  const { number, reason } = wanted;
  const path = { number: customer, alternate_number: number };
  if (wanted.act === "remove") {
    return body(
      client.DELETE("/v1/customers/{number}/alternate-numbers/{alternate_number}", { params: { path, header } }),
    );
  }
  if (wanted.act === "make_primary") {
    return body(
      client.PATCH("/v1/customers/{number}/alternate-numbers/{alternate_number}", {
        params: { path, header },
        body: { primary: true, reason },
      }),
    );
  }
  return body(
    client.POST("/v1/customers/{number}/alternate-numbers", {
      params: { path: { number: customer }, header },
      body: { alternate_number: number, primary: wanted.isPrimary, reason },
    }),
  );
}

function outcome(wanted: NumberChange, primary: string | null): string {
  const number = wanted.number.toUpperCase();
  if (wanted.act === "remove") return removed(number);
  return wanted.act === "add" && !wanted.isPrimary ? added(number) : madePrimary(number, primary);
}
