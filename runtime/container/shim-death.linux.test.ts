import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isFleetError } from "../../core/std/errors.ts";
import { type Random, seededRandom } from "../../core/std/random.ts";
import { Stage } from "./driver-conformance.ts";
import { endLater, FIXTURE_PATH } from "./driver-fixture.ts";
import { ShimBench } from "./shim-bench.ts";

const seed = Date.now() % 1_000_000;
/** In one round; in a whole test; and how often it is tried, since work may be over before its first kill. */
const KILLS_MAX = 6;
const KILLS_WANTED = 60;
const ROUNDS_MAX = 200;
/** A keeper tries for ever; a test does not. */
const TRIES_MAX = 20;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let bench: ShimBench;
let stage: Stage;
let random: Random;

beforeEach(async () => {
  bench = await ShimBench.make();
  stage = await Stage.open(bench);
  random = seededRandom(seed);
});
afterEach(async () => {
  await stage.close();
  const left = await bench.leftovers();
  await bench[Symbol.asyncDispose]();
  expect(left).toEqual([]);
});

/** Does `work` while the shim is killed in random moments, at most KILLS_MAX times; how often it was. */
async function underKills(work: () => Promise<unknown>): Promise<number> {
  let isOver = false;
  let kills = 0;
  const killing = (async () => {
    while (!isOver && kills < KILLS_MAX) {
      await pause(random.integer(0, 12));
      if (!isOver && bench.killShim()) kills += 1;
    }
  })();
  try {
    await work();
  } finally {
    isOver = true;
    await killing;
  }
  return kills;
}

/** As a keeper would: what failed because no shim could be kept is tried again, everything else is a failure. */
async function insist(work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work();
      return;
    } catch (error) {
      if (!isFleetError(error, "UNAVAILABLE") || attempt === TRIES_MAX) throw error;
    }
  }
}

describe(`a driver whose shims are killed (seed ${seed})`, () => {
  it("opens under kills, and adopts every container as it runs", async () => {
    for (let i = 0; i < 4; i++) await stage.start(["wait"]);
    const before = await stage.driver.find();
    let kills = 0;
    for (let round = 0; kills < KILLS_WANTED && round < ROUNDS_MAX; round++) {
      kills += await underKills(() => stage.reopen());
      expect(await stage.driver.find()).toEqual(expect.arrayContaining([...before]));
    }
    expect(kills).toBeGreaterThanOrEqual(KILLS_WANTED);
    expect(before.map(({ running }) => running?.pid).filter(Boolean)).toHaveLength(4);
    expect(stage.ends.size).toBe(0);
  });

  it("starts, limits, stops and removes under kills; an end is told once and nothing is left", async () => {
    let kills = 0;
    const ids: string[] = [];
    for (let round = 0; kills < KILLS_WANTED && round < ROUNDS_MAX; round++) {
      const plan = stage.plan(["wait"], {
        ports: [{ name: "game", protocol: "udp", hostPort: 7000 + round, containerPort: 7000 }],
      });
      ids.push(plan.id);
      kills += await underKills(async () => {
        await insist(() => stage.driver.start(plan));
        await insist(() => stage.driver.limit(plan.id, { ...plan.limits, cpuMilli: 500 }));
        if (round % 2 === 0) await stage.follow(plan.id, "waiting");
        await insist(() => stage.driver.stop(plan.id, 5_000));
        await insist(() => stage.driver.remove(plan.id));
      });
    }
    expect(kills).toBeGreaterThanOrEqual(KILLS_WANTED);
    const told = ids.map((id) =>
      stage.ends.get(id)?.map(({ exitCode, signal }) => exitCode ?? signal),
    );
    // Who is told to stop before it has begun to listen ends by the signal itself; in every other round it is waited for.
    expect(told.filter((ends) => ends?.length !== 1)).toEqual([]);
    expect(told.flat().filter((end) => end !== 3 && end !== "SIGTERM")).toEqual([]);
    expect(told.flat()).toContain(3);
    expect(await stage.driver.find()).toEqual([]);
  });

  it("hears of an end that came while no shim was there", async () => {
    const mark = randomUUID();
    const id = await stage.start(["later", mark]);
    await stage.follow(id, "later");
    expect(bench.killShim()).toBe(true);
    endLater(mark);
    expect(await stage.end(id)).toMatchObject({ exitCode: 5 });
  });

  it("ends an exec with one clear error, and the program with it", async () => {
    const id = await stage.start(["wait"]);
    using session = await stage.driver.exec(id, [FIXTURE_PATH, "tick"], { tty: false });
    let heard = 0;
    for await (const _chunk of session.output) if (++heard === 3) bench.killShim();
    await expect(session.exit).rejects.toMatchObject({ code: "UNAVAILABLE" });
    // Its end may take it a moment, the next shim none.
    const look = async (): Promise<number> => {
      const words = ["sh", "-c", "ps | grep '[t]ick' && exit 7; ps | grep -q '[w]ait'"];
      using next = await stage.driver.exec(id, words, { tty: false });
      return await next.exit;
    };
    await expect.poll(look, { timeout: 20_000 }).toBe(0);
  });
});
