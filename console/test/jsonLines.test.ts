import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonLines } from "../src/api/jsonLines.ts";

test("lines are read whole, wherever the stream is cut", async () => {
  const bytes = new TextEncoder().encode('{"name":"Zoë"}\n[1,2]\n{"half":');
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 3) controller.enqueue(bytes.slice(at, at + 3));
      controller.close();
    },
  });
  const seen = [];
  for await (const value of jsonLines(stream)) seen.push(value);
  assert.deepEqual(seen, [{ name: "Zoë" }, [1, 2]]);
});
