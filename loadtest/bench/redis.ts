import type { Answer } from "./closed-load.ts";

/** The little of Redis' protocol (RESP2) that a load needs. */
export function command(...words: readonly string[]): Buffer {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return Buffer.from(`*${words.length}\r\n${parts.join("")}`);
}

export function evalRequest(script: string, key: string): Buffer {
  return command("EVAL", script, "1", key);
}

/** A bulk string, or a line; an error has status 500. */
export function parseReply(bytes: Buffer): Answer | undefined {
  const lineEnd = bytes.indexOf("\r\n");
  if (lineEnd < 0) return undefined;
  const line = bytes.subarray(1, lineEnd);
  const status = bytes[0] === 0x2d ? 500 : 200;
  if (bytes[0] !== 0x24) return { status, body: line, end: lineEnd + 2 };
  const length = Math.max(0, Number.parseInt(line.toString("latin1"), 10));
  const start = lineEnd + 2;
  if (bytes.length < start + length + 2) return undefined;
  return { status, body: bytes.subarray(start, start + length), end: start + length + 2 };
}
