import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ApiHarness, GAME_SPEC, openApi } from "../api/api.fixture.ts";
import { containerIdOf } from "../core/model/container-plan.ts";
import type { Io } from "./io.ts";
import { runCli } from "./program.ts";

let api: ApiHarness;
beforeAll(async () => {
  api = await openApi();
  await api.put("Node", { metadata: { name: "n1" } }, { ready: true });
  const labels = { "agones.dev/fleet": "arena" };
  const made = ["calm", "busy", "big", "unmeasured"].map((name) =>
    api.put(
      "GameServer",
      { metadata: { name, labels }, spec: GAME_SPEC },
      { state: "Ready", nodeName: "n1" },
    ),
  );
  const [calm, busy, big] = await Promise.all(made);
  const ids = [calm, busy, big].map((one) => containerIdOf(one?.metadata.uid ?? ""));
  for (const second of [1, 2]) {
    const [a = "", b = "", c = ""] = ids;
    const rows = [
      [a, second * 10_000, 2 ** 20, 1],
      [b, second * 900_000, 2 ** 20, 1],
      [c, second * 20_000, 2 ** 30, 1],
    ] as const;
    const machine = { cpuMicros: second * 1_200_000, memoryBytes: 2 ** 31, load: 1 };
    api.samples.take("n1", { atMs: second * 1_000, rows, machine });
    api.samples.tick(second * 1_000);
  }
});
afterAll(() => api[Symbol.asyncDispose]());

async function run(
  argv: readonly string[],
  signal = new AbortController().signal,
  seen = (_: string): void => undefined,
) {
  let [out, err] = ["", ""];
  const io: Io = {
    out: (text) => {
      out += text;
      seen(text);
    },
    err: (text) => {
      err += text;
    },
    stdin: Readable.from([""]),
    env: { FLOTILLA_API: api.url, FLOTILLA_TOKEN: api.tokens.admin },
    now: () => Date.now(),
    signal,
  };
  return { code: await runCli(["top", ...argv], io), out, err };
}
const names = (out: string): (string | undefined)[] =>
  out
    .trim()
    .split("\n")
    .slice(3)
    .map((line) => line.split(" ")[0]);

it("shows the busiest first, by CPU or by memory", async () => {
  const { out } = await run(["--once"]);
  const [first, , head, row] = out.split("\n");
  expect(first).toBe("nodes 1/1 · containers 4/4 · players 0 · rooms 0 · allocations 0/s");
  expect(head).toMatch(/^NAME +STATE +CPU +MEMORY +PLAYERS +ROOMS +NODE +FLEET$/);
  expect(row).toMatch(/^busy +Ready +0\.9 +1Mi +n1 +arena$/);
  expect(names(out)).toEqual(["busy", "big", "calm", "unmeasured"]);
  const byMemory = await run(["gs", "--once", "--by", "memory", "--limit", "2"]);
  expect(names(byMemory.out)).toEqual(["big", "busy"]);
  expect((await run(["nodes", "--once"])).out).toMatch(/\nn1 +Ready +1\.2 +2Gi +0 /);
  expect((await run(["containers", "--once", "-A"])).out).toMatch(/\nNAMESPACE +NAME +STATE/);
});

it("goes on until it is told to end", async () => {
  const stop = new AbortController();
  let tables = 0;
  const { code } = await run(["--every", "1"], stop.signal, (text) => {
    tables += Number(text.includes("NAME"));
    if (tables === 2) stop.abort();
  });
  expect([code, tables]).toEqual([0, 2]);
});

it.each([
  [["rooms"], "nothing is measured of Room"],
  [["--limit", "0"], "--limit must be a whole number from 1 to 1000"],
  [["--every", "soon"], "--every must be a whole number from 1 to 3600"],
  [["--by", "name"], "Allowed choices are cpu, memory"],
])("says of %j what is wrong", async (argv, message) => {
  const { code, err } = await run(argv);
  expect(code).not.toBe(0);
  expect(err).toContain(message);
});
