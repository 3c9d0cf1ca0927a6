import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestInstance } from "../testing/test-instance.ts";
import { until } from "./look-inside.ts";

const FLOTILLA = join(import.meta.dirname, "../../bin/flotilla");
const SOON = { timeout: 30_000, interval: 50 };

let instance: TestInstance;

beforeAll(async () => {
  instance = await TestInstance.start({
    images: ["examples/red-blue/image.yaml"],
    files: ["examples/red-blue"],
    flags: ["--port-range", "17820-17830"],
  });
  await until(instance, ["Container", "red"], ({ status }) => status.phase === "Running");
});
afterAll(() => instance[Symbol.asyncDispose]());

/** A person at a terminal, played by util-linux' `script`: what they type, and all that the terminal shows. */
class Terminal implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly ended: Promise<unknown[]>;
  #bytes = "";

  /** `columns` and `rows` are the size of their window. */
  constructor(command: string, { columns, rows }: { columns: number; rows: number }) {
    const inWindow = `stty cols ${columns} rows ${rows}; exec ${command}`;
    this.#child = spawn("script", ["-qec", inWindow, "/dev/null"], {
      env: {
        PATH: process.env.PATH,
        SHELL: "/bin/sh",
        FLOTILLA_STATE: instance.state,
        FLOTILLA_API: instance.url,
      },
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child.stdout?.on("data", (chunk: Buffer) => (this.#bytes += chunk.toString()));
    this.ended = once(this.#child, "close");
  }

  /** As text: without colours, cursor moves and carriage returns. */
  get shown(): string {
    return stripVTControlCharacters(this.#bytes).replaceAll("\r", "");
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }
}

describe("flotilla exec -it", () => {
  it("is a shell on the person's terminal: its size, what is typed, Ctrl-C and the exit code", async () => {
    const shell = `${FLOTILLA} exec -it container/red -- busybox sh`;
    await using terminal = new Terminal(shell, { columns: 91, rows: 33 });
    await expect.poll(() => terminal.shown, SOON).toMatch(/[#$] $/);

    terminal.type("busybox stty size; busybox tty; busybox hostname\r");
    await expect.poll(() => terminal.shown, SOON).toMatch(/\n33 91\n\/dev\/pts\/\d+\nred\n/);

    // Ctrl-C reaches the program in the container, and not us.
    terminal.type("busybox sleep 1000; echo sleep ended with $?\r");
    await expect.poll(() => terminal.shown, SOON).toContain("sleep 1000");
    await expect
      .poll(
        async () => (await instance.cli("exec", "container/red", "--", "busybox", "ps")).out,
        SOON,
      )
      .toContain("sleep 1000");
    terminal.type("\x03");
    await expect.poll(() => terminal.shown, SOON).toMatch(/\^C[\s\S]*[#$] $/);

    terminal.type("exit 7\r");
    expect(await terminal.ended).toEqual([7, null]);
  });

  it("says so where there is no terminal", async () => {
    const { code, err } = await instance.cli("exec", "-it", "container/red", "--", "busybox", "sh");
    expect(code).not.toBe(0);
    expect(err).toContain("standard input is no terminal");
  });
});
