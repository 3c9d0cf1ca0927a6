import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { ERRORS, FleetError } from "../../core/std/errors.ts";
import { retryAfterOf } from "../status.ts";

/** gRPC over HTTP/2: messages in frames of five bytes and their length, the outcome in trailers. */
const HEAD_BYTES = 5;
const CONTENT_TYPE = "application/grpc";
const HEADERS = { ":status": 200, "content-type": CONTENT_TYPE };
const OK = { "grpc-status": "0" };

export function isGrpc(headers: IncomingHttpHeaders): boolean {
  const type = headers["content-type"];
  return type === CONTENT_TYPE || type?.startsWith(`${CONTENT_TYPE}+`) === true;
}

/** An outcome other than OK; metadata beside it is for people. */
export interface GrpcStatus {
  readonly code: number;
  readonly message: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export function grpcStatusOf(failure: FleetError): GrpcStatus {
  const { code, message } = failure;
  return { code: ERRORS[code].grpc, message, metadata: retryAfterOf(failure) };
}

/**
 * The one message of a request, when it has come. Rejects with TOO_LARGE as soon as more came than may, with BAD_REQUEST
 * when it is no message, with CANCELLED when the client gave up first.
 */
export function readMessage(stream: ServerHttp2Stream, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let isWhole = false;
    stream.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= bytesMax + HEAD_BYTES) chunks.push(chunk);
      else reject(new FleetError("TOO_LARGE", `the message is larger than ${bytesMax} bytes`));
    });
    stream.on("end", () => {
      isWhole = true;
      try {
        const [only] = chunks;
        resolve(messageIn(only && chunks.length === 1 ? only : Buffer.concat(chunks)));
      } catch (error) {
        reject(error);
      }
    });
    // To make an error for every call that ends well would cost more than reading its message.
    stream.on("close", () => isWhole || reject(new FleetError("CANCELLED", "the client gave up")));
  });
}

function messageIn(bytes: Buffer): Buffer {
  if (bytes.length < HEAD_BYTES || bytes.length !== HEAD_BYTES + bytes.readUInt32BE(1))
    throw new FleetError("BAD_REQUEST", "the request is not one whole message");
  if (bytes[0] !== 0)
    throw new FleetError("UNSUPPORTED", "compressed messages are not taken: send them as they are");
  return bytes.subarray(HEAD_BYTES);
}

/** Answers a unary call. */
export function sendMessage(stream: ServerHttp2Stream, message: Uint8Array): void {
  if (stream.destroyed || stream.closed) return;
  openAnswer(stream);
  stream.end(framed(message));
}

/** Begins an answer of any number of messages, each written by `framed`; OK follows when the stream ends. */
export function openAnswer(stream: ServerHttp2Stream): void {
  stream.respond(HEADERS, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers(OK));
}

export function framed(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + message.length);
  bytes[0] = 0;
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, HEAD_BYTES);
  return bytes;
}

/** Ends a call that was not answered; a client that still sends is told that nobody reads. */
export function sendStatus(stream: ServerHttp2Stream, status: GrpcStatus): void {
  if (stream.destroyed || stream.closed || stream.headersSent) return;
  const outcome = { "grpc-status": `${status.code}`, "grpc-message": encoded(status.message) };
  stream.respond({ ...HEADERS, ...outcome, ...status.metadata }, { endStream: true });
  if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
}

/** `grpc-message` is ASCII: everything else, and `%` itself, is percent-encoded. */
function encoded(message: string): string {
  const text = message.replace(/[^\x20-\x24\x26-\x7e]/gu, (one) =>
    [...Buffer.from(one)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  );
  return text.slice(0, MESSAGE_CHARS_MAX).replace(/%.?$/, "");
}
/** Many clients take no more than 8 KiB of headers and trailers, and lose the code with the rest. */
const MESSAGE_CHARS_MAX = 4_000;
