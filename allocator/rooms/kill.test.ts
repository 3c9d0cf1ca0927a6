import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import { systemClock } from "../../core/std/clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import {
  JOURNAL_BOUNDS,
  openJournalResourceStore,
} from "../../store/journal/journal-resource-store.ts";
import { STORE_BOUNDS } from "../../store/live-store.ts";
import type { ResourceStore } from "../../store/resource-store.ts";
import { RoomBench } from "./rooms.fixture.ts";

const KILLS = 3;
const FIXTURE = join(import.meta.dirname, "room-user.fixture.ts");

/** Lets a process use rooms, kills it once it has said so much, and returns what it said. */
async function useAndKill(folder: string, seed: number): Promise<string[]> {
  const path = join(folder, "said");
  const said = openSync(path, "w");
  const child = spawn(process.execPath, [FIXTURE, join(folder, "store"), String(seed)], {
    stdio: ["ignore", said, "inherit"],
  });
  const ended = once(child, "exit");
  const enough = 80_000 + Math.random() * 60_000;
  while (statSync(path).size < enough && child.exitCode === null) {
    if (readFileSync(path, "utf8").endsWith("over\n")) break;
    await setTimeout(2);
  }
  child.kill("SIGKILL");
  expect(await ended).toEqual([null, "SIGKILL"]);
  closeSync(said);
  return readFileSync(path, "utf8").split("\n").slice(0, -1);
}

/** The seats that were answered and not given back; one that was being left is either. */
function seatsSaid(lines: readonly string[]) {
  const held = new Map<string, { readonly key: string; readonly answer: string }>();
  const unsure = new Set<string>();
  for (const line of lines) {
    const [what, room, seat, key = "", ...rest] = line.split(" ");
    const id = `${room}/${seat}`;
    if (what === "sat") held.set(id, { key, answer: rest.join(" ") });
    if (what === "leaves") unsure.add(id);
    if (what === "left") {
      unsure.delete(id);
      held.delete(id);
    }
  }
  for (const id of unsure) held.delete(id);
  return held;
}

/** Rooms, servers and their numbers agree, and no seat is in two places. */
function checkWhole(store: ResourceStore): number {
  const rooms = store.list("Room");
  for (const { metadata, status } of store.list("GameServer")) {
    const here = rooms.filter((room) => room.status.gameServer === metadata.name).length;
    expect([metadata.name, status.rooms ?? 0, status.counters?.rooms?.count]).toEqual([
      ...[metadata.name, here, here],
    ]);
  }
  const seats = rooms.flatMap(({ status }) => Object.keys(status.seats));
  expect(new Set(seats).size).toBe(seats.length);
  for (const { spec, status } of rooms)
    expect(Object.keys(status.seats).length).toBeLessThanOrEqual(spec.capacity);
  return seats.length;
}

it("keeps every room and seat that was answered over kill -9, and answers the same key the same", {
  timeout: 120_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-rooms-"));
  mkdirSync(join(folder, "store"));
  let [answered, left] = [0, 0];
  try {
    for (let kill = 1; kill <= KILLS; kill++) {
      const lines = await useAndKill(folder, kill);
      const held = seatsSaid(lines);
      left += lines.filter((line) => line.startsWith("left")).length;
      answered += held.size;
      const store = await openJournalResourceStore({
        ...STORE_BOUNDS,
        ...JOURNAL_BOUNDS,
        ...{ clock: systemClock, logger: silentLogger, folder: join(folder, "store") },
      });
      expect(checkWhole(store)).toBeGreaterThanOrEqual(held.size);
      await using bench = new RoomBench(systemClock, store, 100 + kill);
      for (const [id, { key, answer }] of held) {
        const [room = "", seat = ""] = id.split("/");
        expect(store.get("Room", "default", room)?.status.seats).toHaveProperty(seat);
        const again = await bench.open({ idempotency: { key, bodyHash: "same" } });
        expect(JSON.stringify(again)).toBe(answer);
      }
      // Everybody leaves, so that the next one finds room. Looked at anew each time: the loop closes empty rooms, too.
      for (let [room] = bench.all(); room; [room] = bench.all())
        await bench.rooms.close("default", room.metadata.name);
      expect(bench.servers("Allocated")).toEqual([]);
      checkWhole(store);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  expect(answered).toBeGreaterThan(KILLS * 20);
  expect(left).toBeGreaterThan(KILLS * 5);
});
