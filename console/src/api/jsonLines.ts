/** How lines of JSON are read from a stream of bytes. */

/** Yields the value of each line, as soon as the line is there. */
export async function* jsonLines<Value>(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<Value> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (text + value).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line);
  }
}
