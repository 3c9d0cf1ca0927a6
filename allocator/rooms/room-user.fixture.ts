import { writeSync } from "node:fs";
import { systemClock } from "../../core/std/clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { seededRandom } from "../../core/std/random.ts";
import {
  JOURNAL_BOUNDS,
  openJournalResourceStore,
} from "../../store/journal/journal-resource-store.ts";
import { STORE_BOUNDS } from "../../store/live-store.ts";
import { RoomBench, roomsOf } from "./rooms.fixture.ts";

const WORKERS = 16;
const SERVERS = 40;
const ROOMS = 4;

// Finds rooms, takes seats and leaves them until it is killed, in the folder and with the seed that it is given. Says
// what it was answered after each answer: `sat ROOM SEAT KEY ANSWER`, and `leaves` or `left ROOM SEAT`.
const [folder = "", seed = "1"] = process.argv.slice(2);
const store = await openJournalResourceStore({
  ...STORE_BOUNDS,
  ...JOURNAL_BOUNDS,
  ...{ clock: systemClock, logger: silentLogger, folder },
});
const bench = new RoomBench(systemClock, store, Number(seed));
if (store.count("Fleet") === 0) {
  await bench.fleet("arena", roomsOf(ROOMS));
  await bench.ready("arena", SERVERS, roomsOf(ROOMS));
}

async function play(worker: number): Promise<void> {
  const random = seededRandom(Number(seed) * WORKERS + worker);
  const mine: { room: string; seat: string }[] = [];
  for (let turn = 0; ; turn++) {
    const leaving = mine.length > 10 || random.integer(0, 2) === 0 ? mine.shift() : undefined;
    if (leaving) {
      writeSync(1, `leaves ${leaving.room} ${leaving.seat}\n`);
      await bench.rooms.leave("default", leaving.room, leaving.seat);
      writeSync(1, `left ${leaving.room} ${leaving.seat}\n`);
      continue;
    }
    const key = `${seed}/${worker}/${turn}`;
    const opened = await bench.open({
      wish: { capacity: 2, emptySeconds: 5 },
      find: random.integer(0, 3) > 0,
      seat: { player: `p${key}`, seconds: 600 },
      idempotency: { key, bodyHash: "same" },
    });
    const seat = opened.seat?.id ?? "";
    mine.push({ room: opened.room.id, seat });
    writeSync(1, `sat ${opened.room.id} ${seat} ${key} ${JSON.stringify(opened)}\n`);
  }
}
const stopped = Array.from({ length: WORKERS }, (_, i) =>
  play(i).catch((error: { code?: string }) => {
    if (error.code !== "EXHAUSTED" && error.code !== "NOT_FOUND") throw error;
  }),
);
await Promise.all(stopped);
writeSync(1, "over\n");
// The last ones wait here to be killed.
await new Promise((resolve) => setTimeout(resolve, 60_000));
