import { type IncomingMessage, request } from "node:http";
import { request as tlsRequest } from "node:https";
import type { Duplex } from "node:stream";
import { EXEC_PROTOCOL } from "../api/exec-upgrade.ts";
import { FleetError } from "../core/std/errors.ts";
import { EXEC, ExecReader, encodeExec } from "../runtime/link/exec-frame.ts";
import { errorOfStatus, parsed, unreachable } from "./api-client.ts";

export interface ExecTarget {
  readonly url: string;
  readonly token: string;
  readonly path: string;
  readonly argv: readonly string[];
  readonly tty: boolean;
}
export interface ExecEvents {
  readonly stdout: (bytes: Uint8Array) => void;
  readonly stderr: (bytes: Uint8Array) => void;
}

/** A command that runs in a container, from afar. */
export class ExecSession {
  readonly #socket: Duplex;
  /** The command's exit code. */
  readonly exit: Promise<number>;

  private constructor(socket: Duplex, events: ExecEvents) {
    this.#socket = socket;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.exit = promise;
    const reader = new ExecReader();
    socket.on("data", (chunk: Buffer) => {
      try {
        for (const { channel, bytes } of reader.read(chunk)) {
          if (channel === EXEC.stdout) events.stdout(bytes);
          if (channel === EXEC.stderr) events.stderr(bytes);
          if (channel === EXEC.exit) resolve(exitCodeOf(bytes));
        }
      } catch (error) {
        reject(error);
        socket.destroy();
      }
    });
    socket.on("error", (error) => reject(broken(error.message)));
    socket.on("close", () => reject(broken("the other side closed it")));
  }

  /** Starts the command; an answer that is no upgrade says why it cannot be. */
  static open(target: ExecTarget, events: ExecEvents): Promise<ExecSession> {
    const query = new URLSearchParams(
      target.argv.map((word): [string, string] => ["command", word]),
    );
    if (target.tty) query.set("tty", "1");
    const url = new URL(`${target.path}?${query}`, target.url);
    const send = url.protocol === "https:" ? tlsRequest : request;
    const headers = {
      authorization: `Bearer ${target.token}`,
      connection: "Upgrade",
      upgrade: EXEC_PROTOCOL,
    };
    const { promise, resolve, reject } = Promise.withResolvers<ExecSession>();
    const asked = send(url, { method: "POST", headers });
    asked.once("upgrade", (_answer, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve(new ExecSession(socket, events));
    });
    asked.once("response", (answer) => void refusal(answer).then(reject));
    asked.once("error", (error) => reject(unreachable(target.url, error)));
    asked.end();
    return promise;
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(encodeExec(EXEC.stdin, bytes));
  }

  /** No more input. */
  end(): void {
    this.#socket.write(encodeExec(EXEC.stdin, new Uint8Array()));
  }

  resize(columns: number, rows: number): void {
    const size = JSON.stringify({ columns, rows });
    this.#socket.write(encodeExec(EXEC.resize, Buffer.from(size)));
  }

  close(): void {
    this.#socket.destroy();
  }
}

function exitCodeOf(bytes: Buffer): number {
  const { code } = JSON.parse(bytes.toString()) as { readonly code?: unknown };
  return typeof code === "number" ? code : 1;
}

function broken(why: string): FleetError {
  return new FleetError("UNAVAILABLE", `the connection to the command broke: ${why}`, {
    next: "see whether it still runs: `flotilla describe` the container",
  });
}

const ANSWER_BYTES_MAX = 1024 * 1024;

async function refusal(answer: IncomingMessage): Promise<FleetError> {
  let text = "";
  for await (const chunk of answer) {
    text += String(chunk);
    if (text.length > ANSWER_BYTES_MAX) break;
  }
  return errorOfStatus(answer.statusCode ?? 500, parsed(text));
}
