import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../core/std/clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { buildImage } from "../image/build-image.ts";
import { type FolderImageStore, openImageStore } from "../image/folder-image-store.ts";
import { parseImageSpec } from "../image/image-spec.ts";
import { portableUnpack } from "../image/unpack.ts";
import { HostLinux } from "../linux/host-linux.ts";
import { Stage } from "./driver-conformance.ts";
import { endLater, fixturePlan, writeFixtureImage } from "./driver-fixture.ts";
import { ProcessDriver } from "./process-driver.ts";
import { cpuSeconds, type ProcessTable, ProcTable } from "./process-table.ts";

let folder = "";
let images: FolderImageStore;
let stage: Stage;
const table = new ProcTable(new HostLinux());
const SOON = { timeout: 15_000, interval: 10 };
const membersOf = async (group: number): Promise<number> =>
  (await table.groups(new Set([group]))).size;
const openWith = (processes: ProcessTable): Promise<ProcessDriver> =>
  ProcessDriver.open({
    folder,
    images,
    table: processes,
    host: { nodeBinary: process.execPath, path: "/usr/bin:/bin" },
    clock: systemClock,
    logger: silentLogger,
    logBytesMax: 2_000,
    rawBytesMax: 100_000,
    removedLogsMax: 2,
    pollMs: 20,
    killWaitMs: 30_000,
  });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flotilla-process-"));
  const unpack = portableUnpack({ entriesMax: 1000, bytesMax: 1e9 });
  images = await openImageStore({ root: folder, unpack, whiteouts: "files", clock: systemClock });
  await writeFixtureImage(images.images, "host");
  const bench = { open, leftovers: async () => [], [Symbol.asyncDispose]: async () => undefined };
  stage = await Stage.open(bench);
});
afterEach(async () => {
  await stage.close();
  await rm(folder, { recursive: true });
});

const open = (): Promise<ProcessDriver> => openWith(table);

/** Another process that opens a driver on our folder, starts these and is killed without a word. */
async function agentThatDies(plans: readonly object[]): Promise<void> {
  const at = (path: string): string => JSON.stringify(join(import.meta.dirname, path));
  const script = `
    const { ProcessDriver } = await import(${at("process-driver.ts")});
    const { ProcTable } = await import(${at("process-table.ts")});
    const { HostLinux } = await import(${at("../linux/host-linux.ts")});
    const { openImageStore } = await import(${at("../image/folder-image-store.ts")});
    const { systemClock: clock } = await import(${at("../../core/std/clock.ts")});
    const { silentLogger: logger } = await import(${at("../../core/std/logger.ts")});
    const folder = ${JSON.stringify(folder)};
    const images = await openImageStore({ root: folder, unpack: () => {}, whiteouts: "files", clock });
    const host = { nodeBinary: process.execPath, path: "/usr/bin:/bin" };
    const bounds = { logBytesMax: 2000, rawBytesMax: 100000, removedLogsMax: 2, pollMs: 20, killWaitMs: 5000 };
    const table = new ProcTable(new HostLinux());
    const driver = await ProcessDriver.open({ folder, images, table, host, clock, logger, ...bounds });
    for (const plan of ${JSON.stringify(plans)}) await driver.start(plan);
    console.log("started");
  `;
  const agent = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(agent.stdout, "data");
  agent.kill("SIGKILL");
  await once(agent, "exit");
}

describe("a log that many look at", () => {
  it("has each line once, also while the game ends", async () => {
    const id = await stage.start(["tick"]);
    const ending = stage.end(id);
    let isOver = false;
    const looker = async (): Promise<void> => {
      while (!isOver) await stage.lines(id);
    };
    const lookers = Array.from({ length: 8 }, looker);
    await stage.follow(id, "tick 20");
    await stage.driver.stop(id, 0);
    await ending;
    isOver = true;
    await Promise.all(lookers);
    const lines = await stage.lines(id);
    expect(lines.length).toBeGreaterThanOrEqual(20);
    // One that was slow to stop has said so much that its first lines are gone.
    const first = Number(lines[0]?.split(" ")[1]);
    expect(lines).toEqual(lines.map((_, i) => `tick ${i + first}`));
  });
});

describe("after the death of who started it", () => {
  it("a game goes on, and its end and its last words are found", async () => {
    await images.resolve("fixture");
    const running = stage.plan(["wait"]);
    const mark = randomUUID();
    const ending = stage.plan(["later", mark]);
    await stage.driver[Symbol.asyncDispose]();
    await agentThatDies([running, ending]);
    const folderOf = (id: string): string => join(folder, "containers", id);
    const said = () => readFile(join(folderOf(ending.id), "raw/stdout"), "utf8");
    await expect.poll(said, SOON).toContain("later");
    endLater(mark);
    const run = JSON.parse(await readFile(join(folderOf(ending.id), "run.json"), "utf8"));
    await expect.poll(() => membersOf(run.pid), SOON).toBe(0);
    await stage.reopen();
    const found = await stage.driver.find();
    expect(found.find(({ plan }) => plan.id === ending.id)?.exit).toMatchObject({ exitCode: 5 });
    // What the killed one had just taken is taken once more, rather than never.
    expect([...new Set(await stage.lines(ending.id))]).toEqual(["later"]);
    expect(found.find(({ plan }) => plan.id === running.id)?.running).toBeDefined();
    await stage.follow(running.id, "waiting");
    await stage.driver.stop(running.id, 30_000);
    expect(await stage.end(running.id)).toMatchObject({ exitCode: 3 });
    expect([...new Set(await stage.lines(running.id))]).toEqual(["waiting", "bye"]);
  });

  it("a game is found although its pid had not been written down yet", async () => {
    const id = await stage.start(["wait"]);
    await stage.follow(id, "waiting");
    await rm(join(folder, "containers", id, "run.json"));
    await stage.reopen();
    expect((await stage.driver.find())[0]?.running).toBeDefined();
    await stage.driver.stop(id, 30_000);
    expect(await stage.end(id)).toMatchObject({ exitCode: 3 });
  });

  it("another process under its number is left alone", async () => {
    const id = await stage.start(["exit", "0"]);
    await stage.end(id);
    const run = { pid: process.pid, identity: "another boot:1" };
    await rm(join(folder, "containers", id, "exit"));
    await writeFile(join(folder, "containers", id, "run.json"), JSON.stringify(run));
    await stage.reopen();
    const [found] = await stage.driver.find();
    expect(found?.running).toBeUndefined();
    expect(found?.exit).toMatchObject({ oomKilled: false });
    await stage.driver.stop(id, 0);
  });

  it("a start that had got no further than its folder is cleared away", async () => {
    const id = await stage.start(["exit", "0"]);
    await stage.end(id);
    await rm(join(folder, "containers", id, "plan.json"));
    await stage.reopen();
    expect(await stage.driver.find()).toEqual([]);
  });
});

describe("a wrapper that is killed", () => {
  it("takes its game along, and the end is told", async () => {
    const plan = stage.plan(["family"]);
    const { pid } = await stage.driver.start(plan);
    await stage.follow(plan.id, "family");
    process.kill(pid, "SIGKILL");
    expect(await stage.end(plan.id)).toMatchObject({ signal: "SIGKILL" });
    // The end is told although the kernel may still be at it.
    await expect.poll(() => membersOf(pid), SOON).toBe(0);
  });
});

describe("logs of plain processes", () => {
  it("are bounded, and hold the last lines whole across both files", async () => {
    const id = await stage.start(["count", "300"]);
    await stage.end(id);
    const lines = await stage.lines(id);
    expect(lines.at(-1)).toBe("line 300");
    const first = Number(lines[0]?.split(" ")[1]);
    expect(first).toBeGreaterThan(100);
    expect(lines).toEqual(Array.from({ length: 301 - first }, (_, i) => `line ${i + first}`));
    for (const name of ["log.0", "log.1"])
      expect((await stat(join(folder, "logs", id, name))).size).toBeLessThanOrEqual(2_000);
  });

  it("follow without a gap while the files take turns", async () => {
    // It waits for us after each part: never more than half a file is printed before it is read.
    const script =
      'i=0; while :; do i=$((i + 1)); echo "tick $i"; [ $((i % 20)) -ne 0 ] || until [ -e $i ]; do sleep 0.01; done; done';
    const id = await stage.start([], { command: ["sh", "-c", script] });
    const work = join(folder, "containers", id, "work");
    const enough = new AbortController();
    const numbers: number[] = [];
    for await (const { text } of stage.driver.logs(id, { follow: true, signal: enough.signal })) {
      const number = numbers.push(Number(text.split(" ")[1]));
      if (number === 200) break;
      if (number % 20 === 0) await writeFile(join(work, `${number}`), "");
    }
    enough.abort();
    expect(numbers).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
  });

  it("say how much was left out when a game prints faster than is read", async () => {
    // All of it in one write, which is more than may wait; then it says that it is done, and waits until that was read.
    const much = join(folder, "much");
    await writeFile(much, "0123456789abcde\n".repeat(131_072));
    const script = `dd if=${much} bs=2M count=1 2>/dev/null; echo done >&2; until [ -e go ]; do sleep 0.01; done; echo end`;
    const id = await stage.start([], { command: ["sh", "-c", script] });
    await stage.follow(id, "done");
    // What was printed before a look is read by it.
    await stage.lines(id);
    await writeFile(join(folder, "containers", id, "work/go"), "");
    await stage.end(id);
    const lines = await stage.lines(id);
    expect(lines.some((line) => /^dropped \d+ bytes of stdout/.test(line))).toBe(true);
    expect(lines.at(-1)).toBe("end");
    const raw = await stat(join(folder, "containers", id, "raw/stdout"));
    expect(raw.size).toBeLessThan(100_000);
  });

  it("cut a line that never ends, and keep one without an end", async () => {
    const script = "head -c 20000 /dev/zero | tr '\\0' x; printf unfinished";
    const id = await stage.start([], { command: ["sh", "-c", script] });
    await stage.end(id);
    const lines = await stage.lines(id);
    expect(lines.join("")).toBe(`${"x".repeat(20_000)}unfinished`);
  });

  it("of removed containers are kept for a while, the oldest go first", async () => {
    const ids: string[] = [];
    for (const word of ["a", "b", "c"]) {
      const id = await stage.start(["say", word]);
      ids.push(id);
      await stage.end(id);
      await systemClock.sleep(20);
      await stage.driver.remove(id);
    }
    const [first = "", , last = ""] = ids;
    expect(await stage.lines(last)).toContain("c");
    await expect(stage.lines(first)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("an image of a Node program", () => {
  it("runs with this machine's node, and learns its ports", async () => {
    const main =
      "console.log(process.env.FLOTILLA_PORT_GAME_TCP, process.env.PORT, process.argv[2]);";
    await writeFile(join(folder, "main.js"), main);
    await buildImage(parseImageSpec({ reference: "node-game", entry: "main.js", cmd: ["fast"] }), {
      images: images.images,
      folder,
      nodeBinary: process.execPath,
      arch: process.arch,
    });
    const ports = [
      { name: "game-tcp", protocol: "tcp", hostPort: 7001, containerPort: 7654 },
      { name: "game-udp", protocol: "udp", hostPort: 7002, containerPort: 7655 },
    ] as const;
    const id = await stage.start([], { image: "node-game", ports });
    expect(await stage.end(id)).toMatchObject({ exitCode: 0 });
    expect(await stage.lines(id)).toEqual(["7001 7001 fast"]);
  }, 60_000);
});

describe("what plain processes cannot do", () => {
  it("is refused by name where it would change the meaning", async () => {
    const plan = fixturePlan("abc", ["wait"], { mounts: [{ name: "data", mountPath: "/data" }] });
    await expect(stage.driver.start(plan)).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("cannot show volume data at /data"),
    });
  });

  it("is said in one line", () => {
    expect(stage.driver.isolation).toMatch(/^none: games are plain processes/);
  });
});

it.each([
  ["00:00:01", 1],
  ["1-02:03:04", 93_784],
  ["3:04.50", 184.5],
])("reads %s of ps as seconds of CPU", (text, seconds) => {
  expect(cpuSeconds(text)).toBe(seconds);
});

it("keeps its files to its own user", async () => {
  const id = await stage.start(["wait"]);
  for (const path of ["containers", `containers/${id}`, `logs/${id}`])
    expect((await stat(join(folder, path))).mode & 0o077).toBe(0);
  const plan = await readFile(join(folder, "containers", id, "plan.json"), "utf8");
  expect(JSON.parse(plan).plan.id).toBe(id);
});

it("waits for who is left of a program that was over before its start was noted", async () => {
  let looks = 0;
  const over = Promise.withResolvers<void>();
  const slow: ProcessTable = {
    // As `ps` on a busy machine: when it has answered, the program is over.
    identity: (pid) => over.promise.then(() => table.identity(pid)),
    command: (pid) => table.command(pid),
    marked: (group, row) => table.marked(group, row),
    groups: async (groups) => {
      looks += 1;
      return await table.groups(groups);
    },
  };
  const driver = await openWith(slow);
  const plan = fixturePlan("0rphans", ["orphans"], {});
  const ended = new Promise((resolve) => driver.onExit((_, exit) => resolve(exit)));
  const starting = driver.start(plan);
  await expect
    .poll(() => readFile(join(folder, "containers", plan.id, "exit"), "utf8").catch(() => ""), SOON)
    .toBe("exit 4\n");
  await systemClock.sleep(300);
  over.resolve();
  await starting;
  await ended;
  expect(looks).toBeGreaterThan(0);
  await driver.remove(plan.id);
  await driver[Symbol.asyncDispose]();
});
