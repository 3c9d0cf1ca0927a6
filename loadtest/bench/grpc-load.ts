import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type ClosedLoadResult, resultOf } from "./closed-load.ts";

/** `clients` calls under way over some connections, each followed by another when it was answered. */
export interface GrpcLoadOptions {
  readonly host: string;
  readonly port: number;
  readonly clients: number;
  readonly connections: number;
  /** Ends the load, whichever comes first. */
  readonly seconds: number;
  readonly requestsMax: number;
  /** Without it the connections are in plain text. */
  readonly tls: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer } | undefined;
  readonly message: Buffer;
  /** The message of an answer, if it has one; returns how many milliseconds pass before the next call: 0 for what was wanted. */
  readonly onAnswer: (message: Buffer | undefined) => number;
}

export const ALLOCATE_PATH = "/allocation.AllocationService/Allocate";
const HEAD_BYTES = 9;
const MESSAGE_HEAD_BYTES = 5;
const TYPE = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7, window: 8 } as const;
const END_STREAM = 1;
const END_HEADERS = 4;
const ACK = 1;
const WINDOW_MAX = 2 ** 31 - 1;
const WINDOW_AT_START = 65_535;

/** An AllocationRequest for a server of one fleet: `gameServerSelectors[0].matchLabels`. */
export function allocateMessage(fleet: string): Buffer {
  const entry = Buffer.concat([field(1, "agones.dev/fleet"), field(2, fleet)]);
  return Buffer.concat([field(1, "default"), field(8, field(1, entry))]);
}

/** `gameServerName` of an AllocationResponse, which is its first field. */
export function nameIn(message: Buffer): string {
  if (message[0] !== ((2 << 3) | 2)) throw new Error("the answer does not begin with a name");
  return message.toString("latin1", 2, 2 + (message[1] ?? 0));
}

function field(id: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([(id << 3) | 2, bytes.length]), bytes]);
}

function frame(type: number, flags: number, stream: number, content: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(content.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, content]);
}

/** Headers that are the same for every call, each written out (RFC 7541 6.2.2), `:method POST` and `:scheme https` by number. */
function headersOf(): Buffer {
  const written = (name: string, value: string): Buffer[] => [
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ];
  return Buffer.concat([
    Buffer.from([0x83, 0x87]),
    ...written(":path", ALLOCATE_PATH),
    ...written(":authority", "127.0.0.1"),
    ...written("te", "trailers"),
    ...written("content-type", "application/grpc"),
  ]);
}

/** One connection; it reads of HTTP/2 what it needs to know that a call has ended, and with which message. */
class Connection {
  readonly #options: GrpcLoadOptions;
  readonly #socket: Socket;
  readonly #begin: Buffer;
  readonly #message: Buffer;
  readonly #began = new Map<number, { readonly at: number; message: Buffer | undefined }>();
  #out: Buffer[] = [];
  #in: Buffer = Buffer.alloc(0);
  #stream = 1;
  readonly ended: Promise<void>;
  readonly latencies: number[] = [];
  errors = 0;

  constructor(options: GrpcLoadOptions, calls: number, mayAsk: () => boolean) {
    const { host, port, tls, message } = options;
    this.#options = options;
    this.#begin = headersOf();
    const length = Buffer.alloc(MESSAGE_HEAD_BYTES);
    length.writeUInt32BE(message.length, 1);
    this.#message = Buffer.concat([length, message]);
    const name = { servername: "localhost", ALPNProtocols: ["h2"] };
    this.#socket = tls ? connectTls({ host, port, ...tls, ...name }) : connect({ host, port });
    this.#socket.setNoDelay(true);
    this.#socket.on(tls ? "secureConnect" : "connect", () => this.#open(calls, mayAsk));
    this.#socket.on("data", (chunk: Buffer) => this.#read(chunk, mayAsk));
    this.#socket.on("error", () => {
      this.errors++;
    });
    this.ended = new Promise((resolve) => this.#socket.on("close", () => resolve()));
  }

  #open(calls: number, mayAsk: () => boolean): void {
    const window = Buffer.alloc(4);
    window.writeUInt32BE(WINDOW_MAX - WINDOW_AT_START);
    this.#out.push(
      Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
      frame(TYPE.settings, 0, 0, Buffer.alloc(0)),
      frame(TYPE.window, 0, 0, window),
    );
    for (let i = 0; i < calls; i++) this.#ask(mayAsk);
    this.#flush();
  }

  #ask(mayAsk: () => boolean): void {
    if (!mayAsk()) {
      if (this.#began.size === 0) this.#socket.end();
      return;
    }
    this.#out.push(
      frame(TYPE.headers, END_HEADERS, this.#stream, this.#begin),
      frame(TYPE.data, END_STREAM, this.#stream, this.#message),
    );
    this.#began.set(this.#stream, { at: performance.now(), message: undefined });
    this.#stream += 2;
  }

  #read(chunk: Buffer, mayAsk: () => boolean): void {
    this.#in = this.#in.length === 0 ? chunk : Buffer.concat([this.#in, chunk]);
    let at = 0;
    while (this.#in.length - at >= HEAD_BYTES) {
      const end = at + HEAD_BYTES + this.#in.readUIntBE(at, 3);
      if (this.#in.length < end) break;
      this.#take(
        this.#in.subarray(at, at + HEAD_BYTES),
        this.#in.subarray(at + HEAD_BYTES, end),
        mayAsk,
      );
      at = end;
    }
    this.#in = this.#in.subarray(at);
    this.#flush();
  }

  #take(head: Buffer, content: Buffer, mayAsk: () => boolean): void {
    const [type, flags = 0] = [head[3], head[4]];
    const stream = head.readUInt32BE(5);
    if (type === TYPE.settings && !(flags & ACK))
      this.#out.push(frame(TYPE.settings, ACK, 0, Buffer.alloc(0)));
    else if (type === TYPE.ping && !(flags & ACK))
      this.#out.push(frame(TYPE.ping, ACK, 0, content));
    else if (type === TYPE.reset || type === TYPE.goaway) this.errors++;
    const call = this.#began.get(stream);
    if (!call) return;
    if (type === TYPE.data) call.message = content.subarray(MESSAGE_HEAD_BYTES);
    if ((type === TYPE.data || type === TYPE.headers) && flags & END_STREAM) {
      this.#began.delete(stream);
      this.#answered(call.at, call.message, mayAsk);
    }
  }

  #answered(at: number, message: Buffer | undefined, mayAsk: () => boolean): void {
    const waitMs = this.#options.onAnswer(message);
    if (waitMs === 0) {
      this.latencies.push(performance.now() - at);
      this.#ask(mayAsk);
    } else
      setTimeout(() => {
        this.#ask(mayAsk);
        this.#flush();
      }, waitMs);
  }

  #flush(): void {
    if (this.#out.length > 0) this.#socket.write(Buffer.concat(this.#out));
    this.#out = [];
  }
}

/** Runs one load; it shares the machine with what it measures, so it does as little per call as it can. */
export async function grpcLoad(options: GrpcLoadOptions): Promise<ClosedLoadResult> {
  const began = performance.now();
  const until = began + options.seconds * 1000;
  let sent = 0;
  const mayAsk = (): boolean => performance.now() < until && sent++ < options.requestsMax;
  const calls = Math.ceil(options.clients / options.connections);
  const connections = Array.from(
    { length: options.connections },
    () => new Connection(options, calls, mayAsk),
  );
  await Promise.all(connections.map(({ ended }) => ended));
  const latencies = connections.flatMap((one) => one.latencies);
  const errors = connections.reduce((sum, one) => sum + one.errors, 0);
  return resultOf(latencies, (performance.now() - began) / 1000, errors);
}
