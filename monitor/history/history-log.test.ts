import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { admit } from "../../core/model/admit.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import type { GameServerState } from "../../core/model/game-server-state.ts";
import type { HistoryRow } from "../../core/model/history.ts";
import { type Resource, refOf } from "../../core/model/resource.ts";
import { systemClock } from "../../core/std/clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { STORE_BOUNDS } from "../../store/live-store.ts";
import { MemoryCommitLog } from "../../store/memory/memory-commit-log.ts";
import { openMemoryResourceStore } from "../../store/memory/memory-resource-store.ts";
import type { Cause, ResourceStore } from "../../store/resource-store.ts";
import { HistoryFile } from "./history-file.ts";
import { HISTORY_LIMITS, HistoryLog, type HistoryLogOptions } from "./history-log.ts";

const base = { clock: systemClock, logger: silentLogger };
let folder: string;
let disk: MemoryCommitLog;
let store: ResourceStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-history-"));
  disk = new MemoryCommitLog({ keep: false });
  store = openMemoryResourceStore({ ...STORE_BOUNDS, ...base }, disk);
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function open(options: Partial<HistoryLogOptions> = {}): Promise<HistoryLog> {
  const bounds = { rowsMax: 1_000_000, daysMax: 30, folder, flushMs: 5 };
  return HistoryLog.open({ ...HISTORY_LIMITS, ...base, ...bounds, store, ...options });
}

async function make(name: string, cause?: Cause): Promise<GameServer> {
  const spec = { template: { spec: { containers: [{ name: "game", image: "arena" }] } } };
  const labels = { "agones.dev/fleet": "arena" };
  const input = { metadata: { name, namespace: "default", labels }, spec };
  const context = { kind: "GameServer", now: "2026-01-01T00:00:00Z", uid: `uid-${name}` } as const;
  const { object } = admit(
    { apiVersion: "agones.dev/v1", kind: "GameServer", ...input },
    {
      ...context,
      fieldValidation: "Strict",
    },
  );
  const [kept] = await store.commit([{ op: "create", object }], undefined, cause);
  return kept as GameServer;
}

async function become(
  server: GameServer,
  state: GameServerState,
  cause?: Cause,
  more: object = {},
) {
  const object = { ...server, status: { ...server.status, state, ...more } } as Resource;
  const expected = server.metadata.resourceVersion;
  const [kept] = await store.commit([{ op: "update", object, expected }], undefined, cause);
  return kept as GameServer;
}

const all = { limit: 1_000 };
const told = (rows: readonly HistoryRow[]): string[] =>
  rows.toReversed().map(({ from, to, reason, by }) => `${from}>${to} ${reason} by ${by}`);

describe("the history", () => {
  it("tells each change of state, with what caused it and why", async () => {
    await using history = await open();
    let one = await make("a", { by: "fleet arena", reason: "ScaleUp" });
    one = await become(one, "Starting", { by: "controller", reason: "Placed" }, { nodeName: "n1" });
    one = await become(one, "Ready", { by: "game", reason: "SdkRequest", message: "asked" });
    one = await become(one, "Ready", { by: "game" }, { health: "healthy" });
    one = await become(one, "Allocated", { by: "allocation" });
    one = await become(one, "Unhealthy", undefined, { reason: "OOMKilled", message: "no memory" });
    await store.commit([{ op: "delete", ref: refOf(one) }], undefined, { by: "user eve" });
    const rows = await history.read({}, all);
    expect(told(rows)).toEqual(
      [
        ">PortAllocation ScaleUp by fleet arena",
        "PortAllocation>Starting Placed by controller",
        "Starting>Ready SdkRequest by game",
        "Ready>Allocated Allocated by allocation",
        "Allocated>Unhealthy OOMKilled by controller",
        "Unhealthy>Gone Deleted by user eve",
      ].map((line) => line.replace("PortAllocation", rows.at(-1)?.to ?? "")),
    );
    expect(rows.at(-3)).toMatchObject({
      message: "asked",
      fleet: "arena",
      node: "n1",
      uid: "uid-a",
    });
    expect(rows[1]).toMatchObject({ message: "no memory" });
  });

  it("finds the same again after a restart, and goes on counting", async () => {
    const before = await openAnd(async (history) => {
      await make("a");
      return await history.read({}, all);
    });
    await using history = await open();
    await make("b");
    const rows = await history.read({}, all);
    expect(rows.slice(1)).toEqual(before);
    expect(rows[0]?.id).toBe((before[0]?.id ?? 0) + 1);
  });

  it("pages below the last line that was seen, and narrows by every filter", async () => {
    await using history = await open();
    for (const name of ["a", "b", "c"]) {
      const one = await make(name, { by: "user alice smith" });
      await become(one, "Ready", { by: "game", reason: "SdkRequest" });
    }
    const first = await history.read({}, { limit: 4 });
    const second = await history.read({}, { limit: 4, before: first.at(-1)?.id ?? 0 });
    expect([...first, ...second].map(({ id }) => id)).toEqual([6, 5, 4, 3, 2, 1]);
    const count = async (filter: object) => (await history.read(filter, all)).length;
    const at = first[0]?.atMs ?? 0;
    expect(await count({ name: "b" })).toBe(2);
    expect(await count({ kind: "GameServer", namespaces: ["default"], name: "b" })).toBe(2);
    expect(await count({ kind: "Node" })).toBe(0);
    expect(await count({ fleet: "arena", state: "Ready" })).toBe(3);
    expect(await count({ reason: "SdkRequest", by: "game" })).toBe(3);
    expect(await count({ by: "alice smith" })).toBe(3);
    expect(await count({ by: "user alice smith" })).toBe(3);
    expect(await count({ by: "smith" })).toBe(0);
    expect(await count({ fromMs: at + 1 })).toBe(0);
    expect(await count({ fromMs: at - 60_000, toMs: at + 1 })).toBe(6);
    expect(await count({ by: "x' OR 1=1 --" })).toBe(0);
  });

  it("counts what does not fit, and says so in a line of its own", async () => {
    await using history = await open({ flushMs: 60_000, waitingMax: 3, handOutsMax: 1 });
    const servers: GameServer[] = [];
    for (const name of ["a", "b", "c", "d", "e"]) servers.push(await make(name));
    await history.flush();
    const ready = [];
    for (const one of servers.slice(0, 3)) ready.push(await become(one, "Ready"));
    await history.flush();
    for (const one of ready) await become(one, "Allocated");
    const rows = await history.read({ kind: "History" }, all);
    expect(rows.map(({ message }) => message?.split(":")[0])).toEqual([
      "history was not written for 2 changes",
      "history was not written for 2 changes",
    ]);
    expect(await history.read({ state: "Allocated" }, all)).toHaveLength(1);
  });

  it("tells what a full disk took back", async () => {
    await using history = await open();
    const one = await become(await make("a"), "Ready");
    disk.fail("full");
    await expect(become(one, "Allocated", { by: "allocation" })).rejects.toMatchObject({
      code: "STORAGE_FULL",
    });
    expect(told(await history.read({}, { limit: 2 }))).toEqual([
      "Ready>Allocated Allocated by allocation",
      "Allocated>Ready TakenBack by store",
    ]);
  });

  it("tells its listeners the same lines", async () => {
    await using history = await open();
    const heard: HistoryRow[] = [];
    using _listening = history.onRows((rows) => void heard.push(...rows));
    await make("a");
    expect(await history.read({}, all)).toEqual(heard);
  });

  async function openAnd<T>(use: (history: HistoryLog) => Promise<T>): Promise<T> {
    await using history = await open();
    return await use(history);
  }
});

describe("the file of the history", () => {
  it("drops the oldest lines over its bounds of number and age", () => {
    const day = 86_400_000;
    const row = (id: number, at: number) =>
      [id, at, "Node", "", "n", "", null, null, "", "Ready", "NodeReady", null, "node n"] as const;
    using file = new HistoryFile(folder, { rowsMax: 1_500, daysMax: 2 });
    const now = 100 * day;
    const rows = Array.from({ length: 2_000 }, (_, i) => row(i + 1, now - 3 * day + i * 1_000));
    file.write(rows, now - 3 * day);
    expect(file.read({}, { limit: 5_000 })).toHaveLength(1_500);
    file.write([...Array.from({ length: 1_000 }, (_, i) => row(2_001 + i, now))], now);
    const left = file.read({}, { limit: 5_000 });
    expect(left).toHaveLength(1_000);
    expect(left.at(-1)?.id).toBe(2_001);
  });
});
