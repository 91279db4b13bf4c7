/** Sends the whole file, and goes on to the page of its upload. */

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { sendFile } from "../api/sending.ts";
import type { Schema } from "../api/types.ts";
import { type ContactFile, columnsHeader, delimiterParameter } from "./reading.ts";
import type { Plan } from "./useNewUpload.ts";

export function useSending(file: ContactFile, { columns, overrides }: Plan, days: { from: string; to: string }) {
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [sent, setSent] = useState<number | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const stopping = useRef(new AbortController());
  // A file that is sent again after a lost answer is the same upload.
  const [key] = useState(() => crypto.randomUUID());
  useEffect(() => () => stopping.current.abort(), []);

  function url(): string {
    const parameters = new URLSearchParams({ file: file.name });
    const delimiter = delimiterParameter(overrides.delimiter);
    if (delimiter !== undefined) parameters.set("delimiter", delimiter);
    if (overrides.header !== null) parameters.set("header", String(overrides.header));
    if (days.from !== "") parameters.set("effective_from", days.from);
    if (days.to !== "") parameters.set("effective_to", days.to);
    return `/v1/uploads?${parameters}`;
  }

  async function send() {
    setError(null);
    setSent(0);
    stopping.current = new AbortController();
    try {
      const { upload } = await sendFile<Schema<"UploadAnswer">>({
        url: url(),
        content: file.content,
        headers: {
          "Idempotency-Key": `${key}-${days.from}-${days.to}`,
          "Dossier-Upload-Columns": columnsHeader(columns),
        },
        onProgress: setSent,
        signal: stopping.current.signal,
      });
      await queries.invalidateQueries({ queryKey: ["list_uploads"] });
      navigate(`/set-up/uploads/${upload}`);
    } catch (failure) {
      setSent(null);
      if (!(failure instanceof DOMException)) setError(failure as Error);
    }
  }

  return { sent, error, send, stop: () => stopping.current.abort() };
}

export type SendingFile = ReturnType<typeof useSending>;
