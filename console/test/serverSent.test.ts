import assert from "node:assert/strict";
import { test } from "node:test";
import { events } from "../src/api/serverSent.ts";

test("events are read whole, wherever the stream is cut, and comments are left out", async () => {
  const text = ': hello\n\nid: 7\nevent: change\ndata: {"name":\ndata: "Zoë"}\n\ndata: 1\n\nevent: half';
  const bytes = new TextEncoder().encode(text);
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 5) controller.enqueue(bytes.slice(at, at + 5));
      controller.close();
    },
  });
  const seen = [];
  for await (const event of events(stream)) seen.push(event);
  assert.deepEqual(seen, [
    { type: "change", data: '{"name":\n"Zoë"}', id: "7" },
    { type: "message", data: "1", id: null },
  ]);
});
