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
  /** Returns how many milliseconds its client waits before it asks again: 0 for what it wanted. */
  readonly onAnswer: (status: number, body: Buffer, n: number) => number;
}
export interface ClosedLoadResult {
  /** Answers that gave what was wanted; the figures are about these. */
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
  return resultOf(state.latencies, (performance.now() - began) / 1000, state.errors);
}

/** The figures of a load, from how long each answer took in milliseconds. */
export function resultOf(
  latencies: readonly number[],
  seconds: number,
  connectionErrors: number,
): ClosedLoadResult {
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return {
    requests: sorted.length,
    seconds,
    perSecond: sorted.length / seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
    connectionErrors,
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
      const tookMs = performance.now() - sentAt;
      const waitMs = onAnswer(answer.status, answer.body, number);
      if (waitMs === 0) {
        state.latencies.push(tookMs);
        next();
      } else setTimeout(next, waitMs);
    });
    socket.on("error", () => {
      state.errors++;
    });
    socket.on("close", () => resolve());
  });
}
