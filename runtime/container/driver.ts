import type { ContainerPlan, Limits } from "../../core/model/container-plan.ts";
import type { UsageDetails } from "../../core/model/usage.ts";

/** How a container ended, as its init wrote it down; `unknown` when nobody could. */
export interface ExitStatus {
  readonly exitCode?: number;
  readonly signal?: string;
  readonly oomKilled: boolean;
  readonly finishedAt: number;
}

export interface RunningContainer {
  readonly id: string;
  readonly pid: number;
  /** Where the node reaches it: its own address, or 127.0.0.1 with the process driver. */
  readonly address: string;
  readonly startedAt: number;
}

/** What a driver finds on the machine, whoever started it. `plan` is as it was kept when it was started. */
export interface FoundContainer {
  readonly plan: ContainerPlan;
  readonly running?: RunningContainer;
  readonly exit?: ExitStatus;
}

export interface LogLine {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly stream: "stdout" | "stderr" | "system";
  readonly text: string;
}

export interface LogOptions {
  readonly follow: boolean;
  /** Last lines first; undefined = all that is kept. */
  readonly tail?: number;
  readonly signal: AbortSignal;
}

export interface ExecSession extends Disposable {
  readonly output: AsyncIterable<{
    readonly stream: "stdout" | "stderr";
    readonly data: Uint8Array;
  }>;
  write(data: Uint8Array): void;
  end(): void;
  resize(columns: number, rows: number): void;
  readonly exit: Promise<number>;
}

export interface ContainerStats {
  readonly id: string;
  readonly cpuNanos: number;
  readonly memoryBytes: number;
  readonly pids: number;
  /** What else the machine could count of it now. */
  readonly details: UsageDetails;
}

/**
 * The verbs that the agent needs; `shim` and `process` implement them and pass the same suite.
 * All verbs may be repeated; ids are ContainerPlan ids. Errors are FleetErrors that name cause and object.
 */
export interface ContainerDriver extends AsyncDisposable {
  readonly name: "shim" | "process";
  /** One line for people: what is and what is not isolated. */
  readonly isolation: string;
  /** Makes what `plan` says and runs it; resolves when its process has been executed. NOT_FOUND: image missing. */
  start(plan: ContainerPlan): Promise<RunningContainer>;
  /** TERM, then KILL after the grace; resolves when no process is left. */
  stop(id: string, graceMs: number): Promise<void>;
  /** Removes everything of a container that does not run: cgroup, mounts, address, ports, folders; logs stay for a while. */
  remove(id: string): Promise<void>;
  find(): Promise<readonly FoundContainer[]>;
  limit(id: string, limits: Limits): Promise<void>;
  exec(
    id: string,
    argv: readonly string[],
    options: { readonly tty: boolean },
  ): Promise<ExecSession>;
  logs(id: string, options: LogOptions): AsyncIterable<LogLine>;
  stats(): Promise<readonly ContainerStats[]>;
  /** Called once per ended container, also for adopted ones. */
  onExit(listener: (id: string, exit: ExitStatus) => void): Disposable;
  /** Removes what this instance made on the machine beside containers: bridges, tables, cgroup roots. */
  uninstall(): Promise<void>;
}
