import { expect, it } from "vitest";
import { admit } from "../core/model/admit.ts";
import type { GameServer } from "../core/model/game-server.ts";
import { systemClock } from "../core/std/clock.ts";
import { silentLogger } from "../core/std/logger.ts";
import { LiveStore, STORE_BOUNDS } from "../store/live-store.ts";
import { MemoryCommitLog } from "../store/memory/memory-commit-log.ts";
import { Metrics } from "./metrics.ts";
import { ResourceGauges } from "./resource-gauges.ts";

function server(name: string, state: GameServer["status"]["state"]): GameServer {
  const template = { spec: { containers: [{ name: "game", image: "arena" }] } };
  const input = { metadata: { name, labels: { "agones.dev/fleet": "arena" } }, spec: { template } };
  const now = "2026-01-01T00:00:00Z";
  const { object } = admit(input, {
    kind: "GameServer",
    now,
    uid: name,
    fieldValidation: "Strict",
  });
  const made = object as GameServer;
  return { ...made, status: { ...made.status, state } };
}

it("counts game servers by state as they change, also when a commit is taken back", async () => {
  const log = new MemoryCommitLog({ keep: false });
  await using store = new LiveStore(log, {
    ...STORE_BOUNDS,
    clock: systemClock,
    logger: silentLogger,
  });
  await store.commit([{ op: "create", object: server("a", "Ready") }]);
  const metrics = new Metrics();
  using _gauges = new ResourceGauges(store, metrics);
  const line = async (state: string): Promise<string | undefined> => {
    const { text } = await metrics.show();
    const name = `agones_gameservers_count{type="${state}",fleet_name="arena",namespace="default"}`;
    return text
      .split("\n")
      .find((l) => l.startsWith(name))
      ?.slice(name.length + 1);
  };
  const [b] = await store.commit([{ op: "create", object: server("b", "Ready") }]);
  expect([await line("Ready"), await line("Allocated")]).toEqual(["2", undefined]);
  const expected = b?.metadata.resourceVersion ?? "";
  const object = {
    ...server("b", "Allocated"),
    metadata: b?.metadata ?? server("b", "Ready").metadata,
  };
  const release = log.hold();
  const refused = store.commit([{ op: "update", object, expected }]);
  expect([await line("Ready"), await line("Allocated")]).toEqual(["1", "1"]);
  log.fail("full");
  release();
  await expect(refused).rejects.toMatchObject({ code: "STORAGE_FULL" });
  log.fail("none");
  expect(await line("Allocated")).toBeUndefined();
  await store.commit([{ op: "update", object, expected }]);
  expect([await line("Ready"), await line("Allocated")]).toEqual(["1", "1"]);
});

it("shows allocations and the process's own numbers", async () => {
  const metrics = new Metrics();
  metrics.allocated("Allocated", 0.003);
  metrics.refused("CONFLICT");
  const { text } = await metrics.show();
  expect(text).toContain(
    'agones_gameserver_allocations_duration_seconds_bucket{le="0.005",status="Allocated"} 1',
  );
  expect(text).toContain('flotilla_api_refusals_total{code="CONFLICT"} 1');
  expect(text).toContain("nodejs_eventloop_lag_p99_seconds");
});
