import { FleetError } from "../../core/std/errors.ts";

/** The values of a stream of newline-delimited JSON; a line over `lineBytesMax` ends it with TOO_LARGE. */
export async function* readNdjson(
  chunks: AsyncIterable<Uint8Array>,
  lineBytesMax: number,
): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const text = rest + decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      if (end > start) yield JSON.parse(text.slice(start, end));
      start = end + 1;
    }
    rest = text.slice(start);
    if (rest.length > lineBytesMax)
      throw new FleetError("TOO_LARGE", "a line of the watch is longer than it may be");
  }
}
