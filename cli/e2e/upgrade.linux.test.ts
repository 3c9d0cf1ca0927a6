import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { GameServer } from "../../core/model/game-server.ts";
import type { Node } from "../../core/model/node.ts";
import { TestInstance } from "../testing/test-instance.ts";
import { readUpRecord } from "../up/up-record.ts";
import { packageVersion } from "../version.ts";
import type { LineProcess } from "./line-process.ts";
import {
  allocateArena,
  gameServer,
  joinOne,
  type PlayerReport,
  type WriterReport,
  writeThroughSdk,
} from "./play-session.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const DEMO = join(ROOT, "examples/demo");
const FIRST = packageVersion();
const FIRST_PORT = 17_500 + (process.pid % 25) * 20;
const ports = `${FIRST_PORT}-${FIRST_PORT + 19}`;
const SOON = { timeout: 30_000, interval: 100 };

let folder: string;
let prefix: string;
let instance: TestInstance;
let name: string;
let before: GameServer;
let player: LineProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-upgrade-"));
  prefix = join(folder, "opt");
  const state = join(folder, "none");
  const words = ["install", "--prefix", prefix, "--no-unit", "--state", state, "--port", "59999"];
  await run(join(ROOT, "bin/flotilla"), words, { env: { PATH: process.env.PATH } });
  instance = await TestInstance.start({
    program: join(prefix, "current"),
    images: [join(DEMO, "image.yaml")],
    files: [DEMO],
    flags: ["--port-range", ports],
    isSupervised: true,
  });
  name = await allocateArena(instance, "for-red");
  before = await gameServer(instance, name);
  player = await joinOne(before);
}, 120_000);
afterAll(async () => {
  await player?.[Symbol.asyncDispose]();
  await instance?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Another version of what is installed, changed by `change` in its folder. */
function build(version: string, change: (home: string) => void = () => undefined): string {
  const home = join(folder, `flotilla-${version}`);
  // Links: 120 MB of it are Node.
  cpSync(join(prefix, "versions", FIRST), home, {
    recursive: true,
    filter: (path) => !/\/node-linux-\w+$/.test(path),
  });
  const file = join(home, "package.json");
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), version }));
  change(home);
  return home;
}

/** Its `up` does what `script` says, and everything else is as it was. */
const withUp =
  (script: string) =>
  (home: string): void => {
    const program = join(home, "bin", "flotilla");
    const text = readFileSync(program, "utf8");
    writeFileSync(
      program,
      text.replace("set -eu\n", `set -eu\nif [ "\${1:-}" = up ]; then ${script}; fi\n`),
    );
  };

/** One step more of the state's format. */
const withStep =
  (convert: string) =>
  (home: string): void => {
    const step = `{ about: "planted", parts: ["server"], convert: ${convert} }`;
    const changed = globSync(join(home, "dist", "*.js")).filter((file) => {
      const text = readFileSync(file, "utf8");
      const planted = text.replace(/(STATE_STEPS = \[[\s\S]*?)\n\];/, `$1,\n${step}];`);
      if (planted !== text) writeFileSync(file, planted);
      return planted !== text;
    });
    expect(changed).toHaveLength(1);
  };

const upgrade = (
  ...words: readonly string[]
): Promise<{ code: number; out: string; err: string }> =>
  instance.cli("upgrade", "--prefix", prefix, ...words);
const linked = (): string => readlinkSync(join(prefix, "current"));
const lasting = ({ metadata, status }: GameServer): object => {
  const { state, ports, address, container } = status;
  return { uid: metadata.uid, state, ports, address, pid: container?.pid };
};

async function expectRuns(version: string): Promise<void> {
  expect(linked()).toBe(join("versions", version));
  expect(readUpRecord(instance.state)).toMatchObject({ version, stage: "ready" });
  const { body } = await instance.request("GET", "/apis/flotilla.dev/v1/nodes");
  const nodes = (body as { readonly items: readonly Node[] }).items;
  expect(nodes.map(({ status }) => [status.ready, status.version])).toEqual([[true, version]]);
  expect(lasting(await gameServer(instance, name))).toEqual(lasting(before));
}

/** The game's own SDK: each label was answered and is kept, and more come through. */
async function expectWritten(writer: LineProcess): Promise<void> {
  const step = async (): Promise<number> =>
    Number((await gameServer(instance, name)).metadata.labels?.["agones.dev/sdk-step"] ?? 0);
  const now = await step();
  await expect.poll(step, SOON).not.toBe(now);
  const written = (await writer.end()) as WriterReport;
  expect(written).toMatchObject({ refused: 0, breaks: 0 });
  expect(written.answered).toBeGreaterThan(0);
  expect(await step()).toBe(Number(written.last));
}

const stamp = (): unknown => JSON.parse(readFileSync(join(instance.state, "state.json"), "utf8"));

it("brings in another version, in the same process; door, shim and games stay", async () => {
  const pids = (): unknown[] => (["up", "door", "shim"] as const).map((part) => instance.pid(part));
  const [there, server] = [pids(), instance.pid("server")];
  const home = build("0.2.0");
  const checked = await upgrade("--to", home, "--check");
  expect(checked).toMatchObject({ code: 0, err: "" });
  expect(linked()).toBe(join("versions", FIRST));
  await using writer = await writeThroughSdk(before);
  const { code, out, err } = await upgrade("--to", home);
  await expectWritten(writer);
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/flotilla 0\.2\.0 is well; (\d+) of \1 game servers go on as before/);
  await expectRuns("0.2.0");
  expect(pids()).toEqual(there);
  expect(instance.pid("server")).not.toBe(server);
  // The door runs from the first version's folder.
  expect(existsSync(join(prefix, "versions", FIRST))).toBe(true);
  expect((await upgrade("--to", home)).out).toContain("0.2.0 is running already");
}, 120_000);

it.each([
  ["0.3.2", "never gets ready", withUp("exec sleep 1000"), "is not ready in time", 3],
  [
    "0.3.3",
    "cannot migrate",
    withStep('async (at) => { if (!at.includes("/check-")) throw new Error("planted"); }'),
    "from format 1 to 2: planted",
    60,
  ],
] as const)(
  "goes back from %s, which %s",
  async (version, _, change, why, patience) => {
    const [old, files] = [stamp(), readdirSync(instance.state).sort()];
    const words = ["--to", build(version, change), "--patience", `${patience}`];
    const { code, err } = await upgrade(...words);
    expect(err).toContain(why);
    expect(err).toContain("flotilla 0.2.0 runs again");
    expect(code).toBe(6);
    await expectRuns("0.2.0");
    expect(stamp()).toEqual(old);
    expect(readlinkSync(join(prefix, "previous"))).toBe(join("versions", FIRST));
    expect(readdirSync(instance.state).sort()).toEqual(files);
  },
  120_000,
);

it("does not touch anything for a version that refuses a copy of the state", async () => {
  const pid = instance.pid("server");
  const broken = withStep('async () => { throw new Error("planted"); }');
  const { code, err } = await upgrade("--to", build("0.4.0", broken));
  expect([code, err]).toEqual([6, expect.stringContaining("does not take this state")]);
  expect(err).toContain("nothing was changed");
  expect(linked()).toBe(join("versions", "0.2.0"));
  expect(instance.pid("server")).toBe(pid);
}, 60_000);

it("converts the state, and goes back with it only when what is newer may be lost", async () => {
  expect((await upgrade("--to", build("0.5.0", withStep("async () => undefined")))).err).toBe("");
  await expectRuns("0.5.0");
  expect(stamp()).toEqual({ format: 2, writtenBy: "0.5.0" });
  const refused = await upgrade("--rollback");
  expect(refused.err).toContain("going back loses what was stored since");
  expect(refused.code).toBe(6);
  await expectRuns("0.5.0");
  expect((await upgrade("--rollback", "--discard-newer")).err).toBe("");
  await expectRuns("0.2.0");
  expect(stamp()).toEqual({ format: 1, writtenBy: FIRST });
}, 120_000);

it("goes back without a supervisor, too", async () => {
  await instance.end("SIGTERM");
  const { port, state } = instance;
  const flags = ["--port", `${port}`, "--advertise-address", "127.0.0.1", "--state", state];
  await instance.mustCli("up", "--detach", "--port-range", ports, ...flags);
  const { err } = await upgrade("--to", build("0.3.1", withUp("exit 3")));
  expect(err).toContain("ended before it said anything; flotilla 0.2.0 runs again");
  await expectRuns("0.2.0");
}, 120_000);

it("was not noticed by the player", async () => {
  const report = (await player.end()) as PlayerReport;
  expect(report).toMatchObject({ udpLost: 0, webSocketLost: 0, drops: 0 });
  expect(report.udpSent).toBeGreaterThan(100);
  expect(report.webSocketEchoes).toBeGreaterThan(20);
  await using writer = await writeThroughSdk(before);
  await expectWritten(writer);
}, 60_000);
