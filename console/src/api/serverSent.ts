/** How server-sent events are read from a stream of bytes. */

export interface ServerSent {
  type: string;
  data: string;
  id: string | null;
}

/** Yields the events of a stream; comments, which keep it open, are left out. */
export async function* events(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<ServerSent> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (text + value).split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = parsed(block);
      if (event.data !== "") yield event;
    }
  }
}

function parsed(block: string): ServerSent {
  const lines = block.split("\n");
  const of = (name: string) =>
    lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trimStart());
  return { type: of("event")[0] ?? "message", data: of("data").join("\n"), id: of("id")[0] ?? null };
}
