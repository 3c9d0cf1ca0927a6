import { ExecStream } from "./exec-stream.ts";
import { FrameSocket } from "./frame-socket.ts";
import { type Field, type FieldIn, type Message, numberOf, textOf, textsOf } from "./message.ts";
import { OP, TAG } from "./protocol.ts";
import {
  type CgroupWrite,
  type CreateRequest,
  createFields,
  type ExecRequest,
  execFields,
  limitFields,
} from "./requests.ts";

export interface ShimHello {
  readonly version: number;
  readonly cgroups: "v1" | "hybrid" | "v2";
  /** Without them, a container's users are plain unprivileged ones of the host. */
  readonly userNamespaces: boolean;
}

/** The init of a container; the start time makes sure that it is still the same process. */
export interface ShimProcess {
  readonly pid: number;
  readonly startTime: number;
}

/** How a container ended. Neither code nor signal: nobody knows. */
export interface ShimExit {
  readonly exitCode?: number;
  readonly signal?: number;
  readonly finishedAt: number;
  /** Processes that the kernel killed for the memory limit. */
  readonly oomKills: number;
}

export interface ShimExited extends ShimExit {
  readonly id: string;
  readonly pid: number;
}

/** A connection on which one program may be run. */
export interface ExecLine {
  run(request: ExecRequest): Promise<ExecStream>;
}

/** Longer than the shim's own bounds: a container is made or given up within 10 s, and a large folder takes its time to remove. */
const ANSWER_MS_MAX = 60_000;

function exitOf(fields: readonly Field[]): ShimExit | undefined {
  const finishedAt = numberOf(fields, TAG.FINISHED_AT);
  const exitCode = numberOf(fields, TAG.EXIT_CODE);
  const signal = numberOf(fields, TAG.EXIT_SIGNAL);
  if (finishedAt === undefined) return undefined;
  return {
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    finishedAt,
    oomKills: numberOf(fields, TAG.OOM_KILLS) ?? 0,
  };
}

/**
 * The agent's side of the shim's socket. When the connection ends, everything that waits is rejected with UNAVAILABLE;
 * connecting again, and watching again what runs, is the caller's business.
 */
export class ShimClient implements AsyncDisposable {
  readonly #path: string;
  readonly #answerMsMax: number;
  readonly #frames: FrameSocket;
  readonly #exitListeners = new Set<(exited: ShimExited) => void>();
  readonly #endListeners = new Set<() => void>();
  #hello: ShimHello | undefined;

  private constructor(path: string, answerMsMax: number, frames: FrameSocket) {
    this.#path = path;
    this.#answerMsMax = answerMsMax;
    this.#frames = frames;
    frames.onFrame = (message) => this.#event(message);
    frames.onEnd = () => {
      for (const listener of this.#endListeners) listener();
    };
  }

  /**
   * UNAVAILABLE when no shim listens there; UNSUPPORTED when it speaks another version; TIMEOUT, here and in each verb,
   * when it says nothing for `answerMsMax`.
   */
  static async connect(
    socketPath: string,
    answerMsMax: number = ANSWER_MS_MAX,
  ): Promise<ShimClient> {
    const frames = await FrameSocket.connect(socketPath, answerMsMax);
    const client = new ShimClient(socketPath, answerMsMax, frames);
    try {
      await client.hello();
    } catch (error) {
      await client[Symbol.asyncDispose]();
      throw error;
    }
    return client;
  }

  async hello(): Promise<ShimHello> {
    if (this.#hello) return this.#hello;
    const { fields } = await this.#frames.hello();
    const features = textsOf(fields, TAG.FEATURE);
    this.#hello = {
      version: numberOf(fields, TAG.VERSION) ?? 0,
      cgroups: features.includes("v2") ? "v2" : features.includes("hybrid") ? "hybrid" : "v1",
      userNamespaces: features.includes("user-namespaces"),
    };
    return this.#hello;
  }

  /** Resolves when the container's program has been executed. */
  async create(request: CreateRequest): Promise<ShimProcess> {
    const { fields } = await this.#frames.request(OP.CREATE, createFields(request));
    return {
      pid: numberOf(fields, TAG.PID) ?? 0,
      startTime: numberOf(fields, TAG.START_TIME) ?? 0,
    };
  }

  /** TERM, INT, HUP, USR1 or USR2, by number, to the program's process group. NOT_FOUND when it does not run. */
  async signal(id: string, signal: number): Promise<void> {
    await this.#frames.request(OP.SIGNAL, [
      [TAG.ID, id],
      [TAG.SIGNAL, signal],
    ]);
  }

  /** Ends every process of the container; `onExited` tells when it is over. NOT_FOUND when there is none. */
  async kill(id: string): Promise<void> {
    await this.#frames.request(OP.KILL, [[TAG.ID, id]]);
  }

  /** Removes what a container leaves: groups, network, folders; may be repeated. FAILED_PRECONDITION while it runs. */
  async remove(id: string, stateFolder: string, options: { withLogs: boolean }): Promise<void> {
    await this.#frames.request(OP.REMOVE, [
      [TAG.ID, id],
      [TAG.STATE_FOLDER, stateFolder],
      [TAG.WITH_LOGS, options.withLogs ? 1 : 0],
    ]);
  }

  /** Adopts a container that another shim made. The exit, when it has ended meanwhile; then no event comes. */
  async watch(
    id: string,
    process: ShimProcess,
    stateFolder: string,
  ): Promise<ShimExit | undefined> {
    const { fields } = await this.#frames.request(OP.WATCH, [
      [TAG.ID, id],
      [TAG.PID, process.pid],
      [TAG.START_TIME, process.startTime],
      [TAG.STATE_FOLDER, stateFolder],
    ]);
    return exitOf(fields);
  }

  async limit(id: string, writes: readonly CgroupWrite[]): Promise<void> {
    await this.#frames.request(OP.LIMIT, [[TAG.ID, id], ...limitFields(writes)]);
  }

  /** Lays memory of `bytesMax` over an allowed folder, or takes it away when that is 0; safe to repeat. */
  async memoryFolder(path: string, bytesMax: number): Promise<void> {
    const fields: FieldIn[] = [
      [TAG.TARGET, path],
      [TAG.BYTES_MAX, bytesMax],
    ];
    await this.#frames.request(OP.MEMORY_FOLDER, fields);
  }

  /** Runs a program in a container, on a connection of its own. */
  async exec(request: ExecRequest): Promise<ExecStream> {
    const line = await this.openExec();
    return await line.run(request);
  }

  /** The connection for one exec. Up to here nothing has been run: it may be tried again. */
  async openExec(): Promise<ExecLine> {
    const frames = await FrameSocket.connect(this.#path, this.#answerMsMax);
    const closing = async <T>(work: () => Promise<T>): Promise<T> => {
      try {
        return await work();
      } catch (error) {
        await frames.close();
        throw error;
      }
    };
    await closing(() => frames.hello());
    const run = async (request: ExecRequest): Promise<ExecStream> => {
      const stream = new ExecStream(frames);
      await frames.request(OP.EXEC, execFields(request));
      return stream;
    };
    return { run: (request) => closing(() => run(request)) };
  }

  /** One of the operations 200 to 299. */
  async net(op: number, fields: readonly FieldIn[]): Promise<readonly Field[]> {
    const reply = await this.#frames.request(op, fields);
    return reply.fields;
  }

  /** Called for every container that ends, whichever client asked for it. */
  onExited(listener: (exited: ShimExited) => void): Disposable {
    this.#exitListeners.add(listener);
    return { [Symbol.dispose]: () => this.#exitListeners.delete(listener) };
  }

  /** Called once when the connection has ended, at once if it has: the shim is gone, or this client was disposed. */
  onEnd(listener: () => void): Disposable {
    if (this.#frames.hasEnded) listener();
    this.#endListeners.add(listener);
    return { [Symbol.dispose]: () => this.#endListeners.delete(listener) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#frames.close();
  }

  #event({ op, fields }: Message): void {
    const exit = exitOf(fields);
    if (op !== OP.EXITED || !exit) return;
    const exited = {
      ...exit,
      id: textOf(fields, TAG.ID) ?? "",
      pid: numberOf(fields, TAG.PID) ?? 0,
    };
    for (const listener of this.#exitListeners) listener(exited);
  }
}
