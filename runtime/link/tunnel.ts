import { once } from "node:events";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Subject } from "../../core/model/link.ts";
import { FleetError, isFleetError, messageOf } from "../../core/std/errors.ts";
import { isObject, type JsonObject } from "../../core/std/json.ts";
import { EXEC, type ExecFrame, ExecReader, encodeExec } from "./exec-frame.ts";
import type { MuxStream } from "./mux-stream.ts";

/** What the control plane asks of an agent through its tunnel. */
export type TunnelRequest =
  | {
      readonly verb: "log";
      readonly subject: Subject;
      readonly follow: boolean;
      readonly timestamps: boolean;
      /** Last lines only. */
      readonly tail?: number;
    }
  | {
      readonly verb: "exec";
      readonly subject: Subject;
      readonly argv: readonly string[];
      readonly tty: boolean;
    }
  /** A blob of an image that this node has. */
  | { readonly verb: "blob"; readonly digest: string };

interface Line {
  readonly at: number;
  readonly text: string;
}
interface Session extends Disposable {
  readonly output: AsyncIterable<{
    readonly stream: "stdout" | "stderr";
    readonly data: Uint8Array;
  }>;
  write(data: Uint8Array): void;
  end(): void;
  resize(columns: number, rows: number): void;
  readonly exit: Promise<number>;
}

/** The agent's side: what a container driver does, by subject. Errors reach the caller as they are. */
export interface TunnelVerbs {
  logs(
    subject: Subject,
    options: { readonly follow: boolean; readonly tail?: number; readonly signal: AbortSignal },
  ): AsyncIterable<Line> | Promise<AsyncIterable<Line>>;
  exec(
    subject: Subject,
    argv: readonly string[],
    options: { readonly tty: boolean },
  ): Promise<Session>;
  blob(digest: string): Promise<Readable>;
}

const ARGV_MAX = 256;

/** Answers one request of the control plane; never throws. Give it to the tunnel's `onOpen`. */
export async function serveTunnel(
  stream: MuxStream,
  wire: JsonObject,
  verbs: TunnelVerbs,
): Promise<void> {
  try {
    const request = tunnelRequestFrom(wire);
    if (request.verb === "log") await serveLog(stream, request, verbs);
    else if (request.verb === "blob") await serveBlob(stream, await verbs.blob(request.digest));
    else await serveExec(stream, request, verbs);
  } catch (error) {
    if (!stream.destroyed)
      stream.refuse(isFleetError(error) ? error : new FleetError("INTERNAL", messageOf(error)));
  }
}

async function serveLog(
  stream: MuxStream,
  request: TunnelRequest & { verb: "log" },
  verbs: TunnelVerbs,
): Promise<void> {
  const { follow, tail, timestamps } = request;
  const stop = new AbortController();
  stream.once("close", () => stop.abort());
  const options = { follow, signal: stop.signal, ...(tail === undefined ? {} : { tail }) };
  const lines = await verbs.logs(request.subject, options);
  stream.accept();
  stream.resume();
  for await (const { at, text } of lines) {
    if (stream.destroyed) return;
    await written(stream, timestamps ? `${new Date(at).toISOString()} ${text}\n` : `${text}\n`);
  }
  stream.end();
}

/** A stream that breaks off is no whole blob: its reader compares the digest. */
async function serveBlob(stream: MuxStream, content: Readable): Promise<void> {
  stream.accept();
  stream.resume();
  await pipeline(content, stream);
}

async function serveExec(
  stream: MuxStream,
  { subject, argv, tty }: TunnelRequest & { verb: "exec" },
  verbs: TunnelVerbs,
): Promise<void> {
  using session = await verbs.exec(subject, argv, { tty });
  stream.accept();
  const reader = new ExecReader();
  stream.on("data", (chunk: Buffer) => {
    try {
      for (const frame of reader.read(chunk)) passInput(session, frame);
    } catch (error) {
      stream.destroy(error instanceof Error ? error : undefined);
    }
  });
  const gone = once(stream, "close").catch(() => undefined);
  const output = (async () => {
    for await (const { stream: channel, data } of session.output) {
      if (stream.destroyed) return;
      await written(stream, encodeExec(EXEC[channel], data));
    }
    const code = await session.exit;
    stream.end(encodeExec(EXEC.exit, Buffer.from(JSON.stringify({ code }))));
    await gone;
  })();
  await Promise.race([output, gone]);
}

function passInput(session: Session, { channel, bytes }: ExecFrame): void {
  if (channel === EXEC.stdin && bytes.length === 0) session.end();
  else if (channel === EXEC.stdin) session.write(Buffer.from(bytes));
  else if (channel === EXEC.resize) {
    const size: unknown = JSON.parse(bytes.toString());
    if (isObject(size)) session.resize(Number(size.columns) || 80, Number(size.rows) || 24);
  }
}

/** Resolves when `chunk` may be forgotten: the reader's pace is the writer's. */
async function written(stream: MuxStream, chunk: string | Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

function tunnelRequestFrom(wire: JsonObject): TunnelRequest {
  const { verb, subject, argv, tail, digest } = wire;
  if (verb === "blob" && typeof digest === "string") return { verb, digest };
  if (!isObject(subject) || typeof subject.uid !== "string")
    throw new FleetError("BAD_REQUEST", "the tunnel's request names no subject");
  if (verb === "log")
    return {
      verb,
      subject: subject as unknown as Subject,
      follow: wire.follow === true,
      timestamps: wire.timestamps === true,
      ...(typeof tail === "number" ? { tail } : {}),
    };
  if (verb !== "exec" || !isArgv(argv))
    throw new FleetError("UNSUPPORTED", "this agent does not know what the tunnel's request asks");
  return { verb, subject: subject as unknown as Subject, argv, tty: wire.tty === true };
}

function isArgv(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= ARGV_MAX &&
    value.every((word) => typeof word === "string")
  );
}
