import {
  type Answer,
  type ClosedLoadOptions,
  type ClosedLoadResult,
  closedLoad,
} from "./closed-load.ts";

export type HttpLoadOptions = Omit<ClosedLoadOptions, "parse">;

const HEAD_END = Buffer.from("\r\n\r\n");
const LENGTH = Buffer.from("ontent-length: ");
const LENGTH_CAPITAL = Buffer.from("ontent-Length: ");

/** A closed-loop load over HTTP/1.1 with connections that stay open. */
export function httpLoad(options: HttpLoadOptions): Promise<ClosedLoadResult> {
  return closedLoad({ ...options, parse: parseAnswer });
}

/** A whole request with a JSON body. */
export function jsonRequest(options: {
  readonly path: string;
  readonly token?: string;
  readonly body: string;
}): Buffer {
  const { path, token, body } = options;
  const lines = [
    `POST ${path} HTTP/1.1`,
    "host: 127.0.0.1",
    ...(token ? [`authorization: Bearer ${token}`] : []),
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`);
}

/** Status line and Content-Length are all that is looked at. */
function parseAnswer(bytes: Buffer): Answer | undefined {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const small = bytes.indexOf(LENGTH);
  const at = small >= 0 && small < headEnd ? small : bytes.indexOf(LENGTH_CAPITAL);
  const length =
    at >= 0 && at < headEnd
      ? Number.parseInt(bytes.toString("latin1", at + LENGTH.length, at + LENGTH.length + 10), 10)
      : 0;
  const start = headEnd + HEAD_END.length;
  if (bytes.length < start + length) return undefined;
  const status = Number.parseInt(bytes.toString("latin1", 9, 12), 10);
  return { status, body: bytes.subarray(start, start + length), end: start + length };
}
