import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { freePort } from "../../core/std/free-port.ts";
import { readUpRecord } from "../up/up-record.ts";
import { packageVersion } from "../version.ts";
import { layoutOf, linkedVersion } from "./layout.ts";
import { loneAgentOf } from "./try-agent.ts";

const run = promisify(execFile);
const FIRST = packageVersion();
let folder: string;
let supervisor: Supervisor;
const prefix = (): string => join(folder, "opt");
const state = (): string => join(folder, "state");
const linked = () => linkedVersion(layoutOf(prefix()).current);
const flotilla = (program: string, ...words: readonly string[]): Promise<{ stdout: string }> =>
  run(program, [...words], { env: { PATH: process.env.PATH, HOME: folder } });

/** Keeps the installed agent running as our unit says, `Restart=always`. */
class Supervisor {
  readonly #api: string;
  #isOver = false;
  #agent: ChildProcess | undefined;
  readonly #running: Promise<void>;

  constructor(api: string) {
    this.#api = api;
    this.#running = this.#run();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    this.#agent?.kill("SIGTERM");
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const settings = ["--state", state(), "--api", this.#api, "--driver", "process"];
      const token = ["--agent-token-file", join(folder, "token"), "--node", "vm-9"];
      const program = join(prefix(), "current/bin/flotilla");
      this.#agent = spawn(program, ["agent", ...settings, ...token], {
        env: { PATH: process.env.PATH, HOME: folder, INVOCATION_ID: "test" },
        stdio: "ignore",
      });
      await once(this.#agent, "exit");
      await sleep(200);
    }
  }
}

/** Another version of what is installed; its agent does what `script` says first. */
function build(version: string, script = ""): string {
  const home = join(folder, `flotilla-${version}`);
  cpSync(join(prefix(), "versions", FIRST), home, { recursive: true });
  const file = join(home, "package.json");
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), version }));
  const program = join(home, "bin", "flotilla");
  const guard = `set -eu\nif [ "\${1:-}" = agent ]; then :; ${script}\nfi\n`;
  writeFileSync(program, readFileSync(program, "utf8").replace("set -eu\n", guard));
  return home;
}
const upgrade = (...words: readonly string[]): Promise<{ stdout: string }> =>
  flotilla(
    join(prefix(), "current/bin/flotilla"),
    ...["upgrade", "--prefix", prefix(), "--state", state(), ...words],
  );
const ready = () => {
  const { stage, version, pid } = readUpRecord(state()) ?? {};
  return stage === "ready" && loneAgentOf(state()) === pid ? version : stage;
};
const SOON = { timeout: 60_000, interval: 100 };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-agent-"));
  writeFileSync(join(folder, "token"), "t".repeat(43), { mode: 0o600 });
  const words = ["install", "--agent", "--prefix", prefix(), "--no-unit", "--state", state()];
  await flotilla(join(import.meta.dirname, "../../bin/flotilla"), ...words);
  // Nobody answers there: an agent and its containers need no control plane to go on.
  supervisor = new Supervisor(`http://127.0.0.1:${await freePort()}`);
  await vi.waitFor(() => expect(ready()).toBe(FIRST), SOON);
}, 120_000);
afterAll(async () => {
  await supervisor?.end();
  await flotilla(join(prefix(), "current/bin/flotilla"), "down", "--purge", "--state", state());
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

describe("the upgrade of an agent that runs alone", () => {
  it("ends it, and follows until the new version runs", async () => {
    const before = loneAgentOf(state());
    const { stdout } = await upgrade("--to", build("0.9.1"));
    expect(stdout).toContain(`· agent ${before} has ended, 0.9.1 follows; game servers go on`);
    expect(stdout).toContain("✓ flotilla 0.9.1 runs here");
    expect([linked(), ready()]).toEqual(["0.9.1", "0.9.1"]);
  });

  it("is undone by --rollback", async () => {
    await upgrade("--rollback");
    expect([linked(), ready()]).toEqual([FIRST, FIRST]);
  });

  it("that does not start is taken back: the one before runs again", async () => {
    const broken = build("0.9.2", "exit 3");
    await expect(upgrade("--to", broken, "--patience", "3")).rejects.toMatchObject({
      stderr: expect.stringContaining(
        `flotilla 0.9.2 is not ready in time; flotilla ${FIRST} runs again`,
      ),
    });
    expect([linked(), ready()]).toEqual([FIRST, FIRST]);
  });
}, 120_000);
