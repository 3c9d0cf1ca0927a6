import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ContainerPlan } from "../../core/model/container-plan.ts";
import type { ContainerDriver, ExecSession, ExitStatus, LogLine } from "./driver.ts";
import { endLater, FIXTURE_PATH, fixturePlan } from "./driver-fixture.ts";

/** What a driver brings to the suite; its store holds the image of `writeFixtureImage`. */
export interface DriverBench extends AsyncDisposable {
  /** A new driver on the same folders; the suite disposes it. */
  open(): Promise<ContainerDriver>;
  /** Everything on the machine that belongs to this bench's containers, one line each. */
  leftovers(): Promise<readonly string[]>;
}

/** Only who does not listen takes so long: on a busy machine who does may be late. */
const GRACE_MS = 30_000;
const newId = (): string => randomBytes(6).toString("hex");

/** Opens drivers for one test, knows each end that they told, and stops at its end what is left. */
export class Stage {
  readonly ends: Map<string, ExitStatus[]> = new Map();
  readonly #bench: DriverBench;
  readonly #ids = new Set<string>();
  readonly #waiting: (() => void)[] = [];
  driver: ContainerDriver;

  private constructor(bench: DriverBench, driver: ContainerDriver) {
    this.#bench = bench;
    this.driver = driver;
    this.#listen();
  }

  static async open(bench: DriverBench): Promise<Stage> {
    try {
      return new Stage(bench, await bench.open());
    } catch (error) {
      await bench[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The driver goes away and another one takes its place, as after an update of the agent. */
  async reopen(): Promise<void> {
    await this.driver[Symbol.asyncDispose]();
    this.driver = await this.#bench.open();
    this.#listen();
  }

  plan(words: readonly string[], more: Partial<ContainerPlan> = {}): ContainerPlan {
    const plan = fixturePlan(more.id ?? newId(), words, more);
    this.#ids.add(plan.id);
    return plan;
  }

  async start(words: readonly string[], more: Partial<ContainerPlan> = {}): Promise<string> {
    const plan = this.plan(words, more);
    await this.driver.start(plan);
    return plan.id;
  }

  /** The end of a container, as it was told. */
  async end(id: string): Promise<Partial<ExitStatus>> {
    for (;;) {
      const end = this.ends.get(id)?.[0];
      if (end) return { ...end, finishedAt: 0 };
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async lines(id: string, tail?: number): Promise<readonly string[]> {
    const signal = new AbortController().signal;
    const options = { follow: false, signal, ...(tail === undefined ? {} : { tail }) };
    return (await Array.fromAsync(this.driver.logs(id, options))).map(({ text }) => text);
  }

  /** Follows the log until a line holds `text`; resolves to all lines up to it. */
  async follow(id: string, text: string): Promise<readonly LogLine[]> {
    const enough = new AbortController();
    const lines: LogLine[] = [];
    for await (const line of this.driver.logs(id, { follow: true, signal: enough.signal })) {
      lines.push(line);
      if (line.text.includes(text)) break;
    }
    enough.abort();
    return lines;
  }

  async close(): Promise<void> {
    for (const id of this.#ids) {
      await this.driver.stop(id, 0);
      await this.driver.remove(id);
    }
    await this.driver.uninstall();
    await this.driver[Symbol.asyncDispose]();
  }

  #listen(): void {
    this.driver.onExit((id, exit) => {
      this.ends.set(id, [...(this.ends.get(id) ?? []), exit]);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }
}

async function outputOf(
  session: ExecSession,
): Promise<{ stdout: string; stderr: string; code: number }> {
  const text = { stdout: "", stderr: "" };
  for await (const { stream, data } of session.output) text[stream] += Buffer.from(data).toString();
  return { ...text, code: await session.exit };
}

/** What every container driver must do; run by each of them in a test file of its own. */
export function describeDriver(name: string, make: () => Promise<DriverBench>): void {
  describe(`the ${name} driver`, () => {
    let bench: DriverBench;
    let stage: Stage;
    beforeEach(async () => {
      bench = await make();
      stage = await Stage.open(bench);
    });
    afterEach(async () => {
      await stage.close();
      const left = await bench.leftovers();
      await bench[Symbol.asyncDispose]();
      expect(left).toEqual([]);
    });
    describeLife(() => stage);
    describeStops(() => stage);
    describeRepeats(() => stage);
    describeTrouble(() => stage);
    describeAdoption(() => stage);
    describeTalk(() => stage);
  });
}

function describeLife(stage: () => Stage): void {
  it("runs a program and says how it ended, once", async () => {
    const { driver } = stage();
    const plan = stage().plan(["exit", "7"]);
    const running = await driver.start(plan);
    expect(running).toMatchObject({ id: plan.id, pid: expect.any(Number) });
    expect(running.address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(await stage().end(plan.id)).toMatchObject({ exitCode: 7, oomKilled: false });
    const [found] = await driver.find();
    expect(found).toMatchObject({ plan: { id: plan.id }, exit: { exitCode: 7 } });
    expect(found?.running).toBeUndefined();
    expect(stage().ends.get(plan.id)).toHaveLength(1);
  });

  it.each([
    ["0", 0],
    ["1", 1],
    ["99", 99],
    ["255", 255],
  ])("tells exit code %s as it is", async (word, exitCode) => {
    expect(await stage().end(await stage().start(["exit", word]))).toMatchObject({ exitCode });
  });

  it.each([
    ["KILL", "SIGKILL"],
    ["SEGV", "SIGSEGV"],
  ])("tells that signal %s ended it", async (word, signal) => {
    const end = await stage().end(await stage().start(["die", word]));
    expect(end).toMatchObject({ signal });
    expect(end.exitCode).toBeUndefined();
  });
}

function describeStops(stage: () => Stage): void {
  it("asks a program to stop and waits for its own end", async () => {
    const id = await stage().start(["wait"]);
    await stage().follow(id, "waiting");
    await stage().driver.stop(id, GRACE_MS);
    expect(await stage().end(id)).toMatchObject({ exitCode: 3 });
    expect(await stage().lines(id)).toEqual(["waiting", "bye"]);
  });

  it("kills a program that does not listen, after the grace", async () => {
    const id = await stage().start(["deaf"]);
    await stage().follow(id, "deaf");
    await stage().driver.stop(id, 100);
    expect(await stage().end(id)).toMatchObject({ signal: "SIGKILL" });
  });

  it.each([
    ["has children", "family", "family"],
    ["ends before its children", "orphans", "leaving"],
  ])("leaves nobody behind of a program that %s", async (_, word, said) => {
    const id = await stage().start([word]);
    await stage().follow(id, said);
    await stage().driver.stop(id, 0);
    expect((await stage().driver.stats()).map((row) => row.id)).not.toContain(id);
  });

  it("stops a program that was started just now", async () => {
    const id = await stage().start(["say"]);
    await stage().driver.stop(id, GRACE_MS);
    expect(await stage().end(id)).toMatchObject({ oomKilled: false });
  });
}

function describeRepeats(stage: () => Stage): void {
  it("can be told everything twice", async () => {
    const { driver } = stage();
    const plan = stage().plan(["wait"]);
    const first = await driver.start(plan);
    expect(await driver.start(plan)).toEqual(first);
    await driver.limit(plan.id, plan.limits);
    await driver.limit(plan.id, plan.limits);
    await Promise.all([driver.stop(plan.id, GRACE_MS), driver.stop(plan.id, GRACE_MS)]);
    await driver.stop(plan.id, GRACE_MS);
    await driver.remove(plan.id);
    await driver.remove(plan.id);
    expect(await driver.find()).toEqual([]);
    expect(stage().ends.get(plan.id)).toHaveLength(1);
  });

  it("starts again after removal, and the log goes on", async () => {
    const plan = stage().plan(["say", "first"]);
    for (const word of ["first", "second"]) {
      await stage().driver.start({ ...plan, args: ["say", word] });
      await stage().end(plan.id);
      stage().ends.clear();
      await stage().driver.remove(plan.id);
    }
    const lines = await stage().lines(plan.id);
    expect(lines.filter((line) => line !== "aside")).toEqual(["first", "second"]);
  });

  it("starts 50 at once", async () => {
    const plans = Array.from({ length: 50 }, () => stage().plan(["wait"]));
    const running = await Promise.all(plans.map((plan) => stage().driver.start(plan)));
    expect(new Set(running.map(({ pid }) => pid)).size).toBe(50);
    const stats = await stage().driver.stats();
    expect(stats).toHaveLength(50);
    expect(stats.every(({ memoryBytes, pids }) => memoryBytes > 0 && pids > 0)).toBe(true);
    await Promise.all(plans.map(({ id }) => stage().driver.stop(id, 0)));
    expect(await stage().driver.stats()).toEqual([]);
  }, 120_000);
}

function describeTrouble(stage: () => Stage): void {
  it("says which program cannot be run, and keeps nothing of it", async () => {
    const plan = stage().plan([], { command: ["/app/fixtur", "wait"] });
    await expect(stage().driver.start(plan)).rejects.toMatchObject({
      message: expect.stringMatching(/exec \/app\/fixtur: no such file or directory/i),
    });
    await stage().driver.remove(plan.id);
    expect(await stage().driver.find()).toEqual([]);
    expect(stage().ends.size).toBe(0);
  });

  it("says which image is missing", async () => {
    const plan = stage().plan(["wait"], { image: "fixtur" });
    await expect(stage().driver.start(plan)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("fixture"),
    });
  });

  it("does not remove what runs", async () => {
    const id = await stage().start(["wait"]);
    await expect(stage().driver.remove(id)).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
    expect((await stage().driver.find())[0]?.running?.id).toBe(id);
  });

  it("does not know what was never started", async () => {
    const { driver } = stage();
    const id = newId();
    await driver.stop(id, 0);
    await driver.remove(id);
    const limits = { cpuMilli: 0, memoryBytes: 0, pidsMax: 0 };
    await expect(driver.limit(id, limits)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(driver.exec(id, ["x"], { tty: false })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    await expect(stage().lines(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
}

function describeAdoption(stage: () => Stage): void {
  it("finds what an earlier one started, and still learns its end", async () => {
    const plan = stage().plan(["wait"]);
    const { pid } = await stage().driver.start(plan);
    await stage().follow(plan.id, "waiting");
    await stage().reopen();
    const [found] = await stage().driver.find();
    expect(found).toMatchObject({ plan, running: { id: plan.id, pid } });
    expect(await stage().driver.start(plan)).toMatchObject({ pid });
    await stage().driver.stop(plan.id, GRACE_MS);
    expect(await stage().end(plan.id)).toMatchObject({ exitCode: 3 });
    expect(await stage().lines(plan.id)).toEqual(["waiting", "bye"]);
  });

  it("hears of an adopted one that ends by itself", async () => {
    const mark = newId();
    const id = await stage().start(["later", mark]);
    await stage().follow(id, "later");
    await stage().reopen();
    expect((await stage().driver.find())[0]?.running?.id).toBe(id);
    endLater(mark);
    expect(await stage().end(id)).toMatchObject({ exitCode: 5 });
    expect(stage().ends.get(id)).toHaveLength(1);
  });

  it("finds how one ended while nobody watched", async () => {
    const id = await stage().start(["die", "TERM"]);
    await stage().end(id);
    await stage().reopen();
    expect(await stage().driver.find()).toMatchObject([
      { plan: { id }, exit: { signal: "SIGTERM" } },
    ]);
    expect((await stage().driver.find())[0]?.running).toBeUndefined();
  });
}

function describeTalk(stage: () => Stage): void {
  it("keeps both streams of a log, in order and stamped", async () => {
    const began = Date.now();
    const id = await stage().start(["say", "one", "two  words", "한국어"]);
    await stage().end(id);
    const lines = await stage().lines(id);
    expect(lines.filter((line) => line !== "aside")).toEqual(["one", "two  words", "한국어"]);
    expect(lines).toContain("aside");
    // Of two streams that are read one after the other, either may come first.
    const first = (await stage().follow(id, "one")).at(-1);
    expect(first?.stream).toBe("stdout");
    expect(first?.at).toBeGreaterThanOrEqual(began - 1000);
    expect(first?.at).toBeLessThanOrEqual(Date.now() + 1000);
  });

  it("gives the last lines first, when asked", async () => {
    const id = await stage().start(["count", "500"]);
    await stage().end(id);
    expect(await stage().lines(id)).toHaveLength(500);
    expect(await stage().lines(id, 2)).toEqual(["line 499", "line 500"]);
    expect(await stage().lines(id, 0)).toEqual([]);
  });

  it("follows a log while it is written, and ends with the container", async () => {
    const id = await stage().start(["tick"]);
    const lines = await stage().follow(id, "tick 5");
    expect(lines.map(({ text }) => text).slice(-3)).toEqual(["tick 3", "tick 4", "tick 5"]);
    const rest = stage().follow(id, "never printed");
    await stage().driver.stop(id, 0);
    expect((await rest).length).toBeGreaterThanOrEqual(5);
  });

  it("runs commands beside the program, with input, output and code", async () => {
    const id = await stage().start(["wait"]);
    const talk = await stage().driver.exec(id, ["sh", "-c", "cat; echo no >&2; exit 6"], {
      tty: false,
    });
    talk.write(Buffer.from("to cat and back"));
    talk.end();
    expect(await outputOf(talk)).toEqual({ stdout: "to cat and back", stderr: "no\n", code: 6 });
    const said = await stage().driver.exec(id, [FIXTURE_PATH, "variable", "FROM_IMAGE"], {
      tty: false,
    });
    expect(await outputOf(said)).toMatchObject({ stdout: "image\n", code: 0 });
  });

  it("says which command is not there, and refuses one where nothing runs", async () => {
    const id = await stage().start(["wait"]);
    const missing = stage().driver.exec(id, ["/no/such"], { tty: false });
    await expect(missing).rejects.toMatchObject({
      message: expect.stringMatching(/\/no\/such: no such file or directory/i),
    });
    await stage().driver.stop(id, 0);
    const late = stage().driver.exec(id, ["sh"], { tty: false });
    await expect(late).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  });

  it("ends commands with the container", async () => {
    const id = await stage().start(["wait"]);
    const talk = await stage().driver.exec(id, ["sh", "-c", "sleep 1000"], { tty: false });
    await stage().driver.stop(id, 0);
    expect(await talk.exit).not.toBe(0);
  });

  it.each([
    ["the image's", "FROM_IMAGE", "image"],
    ["the plan's before the image's", "FROM_BOTH", "plan"],
    ["the SDK's ports", "AGONES_SDK_GRPC_PORT", "9357"],
  ])("gives a program its environment: %s", async (_, variable, value) => {
    const env = [{ name: "FROM_BOTH", value: "plan" }];
    const sdk = { grpcPort: 9357, httpPort: 9358 };
    const id = await stage().start(["variable", variable], { env, sdk });
    await stage().end(id);
    expect(await stage().lines(id)).toEqual([value]);
  });
}
