import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";
import { EXEC, EXEC_PROTOCOL, ExecReader, encodeExec } from "./exec-frame.ts";

export interface ExecDial {
  /** Where the control plane is: `http://127.0.0.1:8700`. */
  readonly url: string;
  readonly token: string;
  /** `/apis/…/namespaces/{ns}/gameservers/{name}/exec`. */
  readonly path: string;
  readonly argv: readonly string[];
  readonly tty: boolean;
  readonly signal: AbortSignal;
}

/** A command that runs in a container, as whoever asked for it sees it. */
export interface ExecConnection extends Disposable {
  /** What it writes, until it has ended; read it to get the exit code. */
  readonly output: AsyncIterable<{ readonly stream: "stdout" | "stderr"; readonly data: Buffer }>;
  /** Its exit code; rejects when the connection is lost before. */
  readonly exit: Promise<number>;
  write(data: Uint8Array): void;
  /** No more input. */
  end(): void;
  resize(columns: number, rows: number): void;
}

/** What the control plane answered instead of a connection: its status and the body. */
export class ExecRefused extends Error {
  readonly status: number;
  readonly body: string;
  constructor(status: number, body: string) {
    super(`exec was refused with ${status}`);
    this.status = status;
    this.body = body;
  }
}

/** Runs a command in a container. Throws ExecRefused, or UNAVAILABLE when the control plane cannot be reached. */
export async function dialExec(dial: ExecDial): Promise<ExecConnection> {
  const socket = await upgrade(dial);
  const exit = Promise.withResolvers<number>();
  // Who only reads the output need not look at the exit.
  exit.promise.catch(() => undefined);
  return {
    output: outputOf(socket, exit),
    exit: exit.promise,
    write: (data) => void socket.write(encodeExec(EXEC.stdin, data)),
    end: () => void socket.write(encodeExec(EXEC.stdin, Buffer.alloc(0))),
    resize: (columns, rows) =>
      void socket.write(encodeExec(EXEC.resize, Buffer.from(JSON.stringify({ columns, rows })))),
    [Symbol.dispose]: () => socket.destroy(),
  };
}

async function* outputOf(
  socket: Duplex,
  exit: PromiseWithResolvers<number>,
): AsyncGenerator<{ stream: "stdout" | "stderr"; data: Buffer }> {
  const reader = new ExecReader();
  try {
    for await (const chunk of socket)
      for (const { channel, bytes } of reader.read(chunk as Buffer)) {
        if (channel === EXEC.stdout) yield { stream: "stdout", data: bytes };
        else if (channel === EXEC.stderr) yield { stream: "stderr", data: bytes };
        else if (channel === EXEC.exit) exit.resolve(codeOf(bytes));
      }
  } finally {
    // Does nothing when the exit code has come.
    exit.reject(new FleetError("UNAVAILABLE", "the connection to the command was lost"));
  }
}

function codeOf(bytes: Buffer): number {
  const exit: unknown = JSON.parse(bytes.toString());
  return isObject(exit) && typeof exit.code === "number" ? exit.code : 1;
}

async function upgrade({ url, token, path, argv, tty, signal }: ExecDial): Promise<Duplex> {
  const query = new URLSearchParams(argv.map((word): [string, string] => ["command", word]));
  if (tty) query.set("tty", "1");
  const asking = httpRequest(`${url}${path}?${query}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, connection: "Upgrade", upgrade: EXEC_PROTOCOL },
    signal,
  });
  asking.end();
  const refused = once(asking, "response").then(async ([answer]) => {
    const message = answer as IncomingMessage;
    throw new ExecRefused(message.statusCode ?? 0, await text(message));
  });
  try {
    const [, socket, head] = (await Promise.race([once(asking, "upgrade"), refused])) as [
      IncomingMessage,
      Duplex,
      Buffer,
    ];
    // Nobody waits for an answer any more.
    refused.catch(() => undefined);
    if (head.length > 0) socket.unshift(head);
    return socket;
  } catch (error) {
    if (error instanceof ExecRefused) throw error;
    throw new FleetError("UNAVAILABLE", `cannot reach ${url}: ${messageOf(error)}`, {}, error);
  }
}
