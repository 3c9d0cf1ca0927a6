import { connect, type Socket } from "node:net";

/** One whole answer at the start of what came in; `body` is a view that is reused. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
  /** Where the next answer begins. */
  readonly end: number;
}

/** `clients` connections, each sends its next request when the last was answered. */
export interface ClosedLoadOptions {
  readonly host: string;
  readonly port: number;
  readonly clients: number;
  /** Ends the load, whichever comes first. */
  readonly seconds: number;
  readonly requestsMax: number;
  /** The whole request as bytes, for request number `n`. */
  readonly request: (n: number) => Buffer;
  /** The first whole answer in `bytes`, if there is one. */
  readonly parse: (bytes: Buffer) => Answer | undefined;
  readonly onAnswer: (status: number, body: Buffer, n: number) => void;
}
export interface ClosedLoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly connectionErrors: number;
}

interface LoadState {
  sent: number;
  errors: number;
  readonly until: number;
  readonly latencies: number[];
}

/** Runs one load; the generator shares the machine with what it measures, so it does as little per answer as it can. */
export async function closedLoad(options: ClosedLoadOptions): Promise<ClosedLoadResult> {
  const began = performance.now();
  const until = began + options.seconds * 1000;
  const state: LoadState = { sent: 0, errors: 0, until, latencies: [] };
  await Promise.all(Array.from({ length: options.clients }, () => runClient(options, state)));
  const seconds = (performance.now() - began) / 1000;
  const sorted = Float64Array.from(state.latencies).sort();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return {
    requests: sorted.length,
    seconds,
    perSecond: sorted.length / seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
    connectionErrors: state.errors,
  };
}

function runClient(options: ClosedLoadOptions, state: LoadState): Promise<void> {
  const { host, port, requestsMax, request, parse, onAnswer } = options;
  return new Promise((resolve) => {
    const socket: Socket = connect({ host, port, noDelay: true });
    let buffered: Buffer = Buffer.alloc(0);
    let sentAt = 0;
    let number = 0;
    const next = (): void => {
      if (state.sent >= requestsMax || performance.now() >= state.until) {
        socket.end();
        return;
      }
      number = state.sent++;
      sentAt = performance.now();
      socket.write(request(number));
    };
    socket.on("connect", next);
    socket.on("data", (chunk: Buffer) => {
      buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
      const answer = parse(buffered);
      if (!answer) return;
      buffered = buffered.subarray(answer.end);
      state.latencies.push(performance.now() - sentAt);
      onAnswer(answer.status, answer.body, number);
      next();
    });
    socket.on("error", () => {
      state.errors++;
    });
    socket.on("close", () => resolve());
  });
}
