/** What proves the log: its verification as it goes on, and the files of heads and of proofs. */

import { body, client } from "../api/client.ts";
import { jsonLines } from "../api/jsonLines.ts";
import { NetworkError } from "../api/problems.ts";
import type { Schema } from "../api/types.ts";
import { saveFile } from "../design/saveFile.ts";
import type { Entry } from "./queries.ts";

/** How far the verification has come, or its result; its shape is that of the API's example. */
export interface Verification {
  events: number;
  last_position: number;
  finished: boolean;
  signed_position: number;
  broken_position: number | null;
  fault: string | null;
}

/** Yields the states of a verification. Throws `ProblemError`, or `NetworkError` where it ended without a result. */
export async function* verification(): AsyncGenerator<Verification> {
  const answer = await body(client.GET("/v1/proof/verification", { parseAs: "stream" }));
  const stream = answer as unknown as ReadableStream<Uint8Array<ArrayBuffer>>;
  let finished = false;
  for await (const state of jsonLines<Verification>(stream)) {
    finished = state.finished;
    yield state;
  }
  if (!finished) throw new NetworkError("The connection was lost before the log was verified.");
}

/** Saves a signed head over everything that is recorded. */
export async function saveHead(): Promise<void> {
  const head: Schema<"HeadRead"> = await body(client.GET("/v1/proof/head"));
  saveFile(new Blob([head.note], { type: "text/plain" }), `head-${head.size}.txt`);
}

/** Saves the proof that an event is in the log of a signed head. */
export async function saveProof({ position }: Entry): Promise<void> {
  const asked = { params: { query: { position } }, parseAs: "blob" } as const;
  const proof = await body(client.GET("/v1/proof/inclusion", asked));
  saveFile(proof as unknown as Blob, `proof-${position}.json`);
}
