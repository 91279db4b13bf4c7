/** Sends a file with what is known of its way: `fetch` does not tell how many bytes have gone. */

import { noteAnswer } from "./client.ts";
import { NetworkError, problemFrom } from "./problems.ts";
import { downSince } from "./signals.ts";

export interface Sending {
  url: string;
  content: Blob;
  headers: Readonly<Record<string, string>>;
  /** Called with the number of bytes that have gone. */
  onProgress: (bytes: number) => void;
  signal: AbortSignal;
}

const NOTED = ["Dossier-Position", "Dossier-Correlation-Id", "Retry-After"];

/** Returns the body of a successful answer. Throws `ProblemError` for any other one, and `NetworkError` where there was none. */
export function sendFile<Body>({ url, content, headers, onProgress, signal }: Sending): Promise<Body> {
  const request = new XMLHttpRequest();
  request.open("POST", url);
  request.responseType = "json";
  const all = {
    ...headers,
    "Content-Type": "application/octet-stream",
    "Dossier-Console": "1",
    "Dossier-Source": "ui",
  };
  for (const [name, value] of Object.entries(all)) request.setRequestHeader(name, value);
  request.upload.onprogress = ({ loaded }) => onProgress(loaded);
  signal.addEventListener("abort", () => request.abort());
  return new Promise((resolve, reject) => {
    request.onload = () => {
      const response = answerOf(request);
      noteAnswer(response, "POST");
      if (response.ok) resolve(request.response);
      else reject(problemFrom(response, request.response));
    };
    request.onerror = () => {
      downSince.set(downSince.get() ?? Date.now());
      reject(new NetworkError("The server cannot be reached."));
    };
    request.onabort = () => reject(new DOMException("It was stopped.", "AbortError"));
    request.send(content);
  });
}

function answerOf(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const name of NOTED) {
    const value = request.getResponseHeader(name);
    if (value !== null) headers.set(name, value);
  }
  return new Response(null, { status: request.status, headers });
}
