import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const MAIN = join(import.meta.dirname, "main.ts");

/** The service as a process, and what it says. */
export class RoomProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  said = "";

  constructor(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
    const flags = ["--disable-warning=ExperimentalWarning", MAIN];
    this.#child = spawn(process.execPath, [...flags, ...args], {
      env: { PATH: process.env.PATH, ROOM_PORT: "0", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on("data", (chunk) => {
        this.said += chunk;
      });
  }

  async listening(): Promise<string> {
    for (;;) {
      const [, port] = /"port":(\d+),"msg":"listening"/.exec(this.said) ?? [];
      if (port !== undefined) return `http://127.0.0.1:${port}`;
      if (this.#child.exitCode !== null) throw new Error(this.said);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Its exit code, or the signal that ended it. */
  async ended(signal?: NodeJS.Signals): Promise<number | string | null> {
    if (signal) this.#child.kill(signal);
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) await once(this.#child, "close");
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  /** Whatever became of the test, nothing of it goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.ended("SIGKILL");
  }
}
