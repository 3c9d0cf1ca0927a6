import { type FileHandle, open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { GameServer } from "../../core/model/game-server.ts";
import { type Fault, type FaultWorld, type Struck, untilSo } from "./fault.ts";
import type { PlatformPart } from "./platform-parts.ts";

/** Of the disk that is full; the players play on meanwhile. */
const FULL_FOR_MS = 4_000;
const FILL_EVERY_MS = 20;
const SERVERS = "/apis/agones.dev/v1/namespaces/default/gameservers";

const now = async (): Promise<Struck> => ({ back: Promise.resolve() });

/** To see what the machine does to players by itself. */
export const NOTHING_BROKEN: Fault = {
  what: "nothing, to compare with",
  strike: now,
};

export const KILLS: readonly Fault[] = [
  killOf("server", "the control plane: nobody is handed out meanwhile"),
  killOf("agent", "nothing is started or stopped meanwhile"),
  killOf("shim", "what the agent asks of the kernel waits"),
  killOf("door", "the SDK of all game servers waits"),
];

function killOf(part: PlatformPart, about: string): Fault {
  return {
    what: `kill -9 of the ${part}`,
    about,
    strike: async ({ parts, platform, signal }) => {
      const before = parts.kill(part);
      const isBack = async (): Promise<boolean> => {
        const pid = parts.pid(part);
        if (pid === undefined || pid === before) return false;
        return part !== "server" || (await isReady(platform.apiUrl));
      };
      return { back: untilSo(`the ${part}`, isBack, signal) };
    },
  };
}

async function isReady(apiUrl: string): Promise<boolean> {
  const answer = await fetch(`${apiUrl}/readyz`).catch(() => undefined);
  return answer?.status === 200;
}

/** The one with the most players; they ask for another seat. */
export const KILL_GAME_SERVER: Fault = {
  what: "kill -9 of a game server",
  about: "its players are thrown out and get another seat; nobody else notices",
  strike: async (world) => {
    const { platform, players, playersWanted, signal } = world;
    const name = fullest(world);
    const { status } = (await platform.request("GET", `${SERVERS}/${name}`)) as GameServer;
    const pid = status.container?.pid;
    if (pid === undefined) throw new Error(`game server ${name} has no process`);
    const drops = players.drops.length;
    process.kill(pid, "SIGKILL");
    const isBack = (): boolean => players.drops.length > drops && players.inPlay === playersWanted;
    return { back: untilSo("its players to be in again", isBack, signal), gameServer: name };
  },
};

function fullest({ players }: FaultWorld): string {
  const counts = new Map<string, number>();
  for (const { gameServer } of players.places.values())
    counts.set(gameServer, (counts.get(gameServer) ?? 0) + 1);
  const [first] = [...counts].sort(([, a], [, b]) => b - a);
  if (!first) throw new Error("nobody plays, so no game server can be killed under play");
  return first[0];
}

/** Needs a state folder with a disk of its own. */
export const FULL_DISK: Fault = {
  what: "the disk of the state folder is full",
  about: "for four seconds; what cannot be written is refused",
  strike: async ({ platform, signal }) => {
    const file = join(dirname(platform.own?.state ?? ""), "ballast");
    const ballast = await open(file, "w");
    await fill(ballast);
    const over = new AbortController();
    const empty = async (): Promise<void> => {
      const until = AbortSignal.any([AbortSignal.timeout(FULL_FOR_MS), over.signal, signal]);
      // Others free some meanwhile.
      while (!until.aborted) {
        await fill(ballast);
        await sleep(FILL_EVERY_MS, undefined, { signal: until }).catch(() => undefined);
      }
      await ballast.close();
      await rm(file, { force: true });
    };
    return { back: empty(), over: () => over.abort() };
  },
};

/** Takes all that is free, without stopping this process over it. */
async function fill(ballast: FileHandle): Promise<void> {
  for (const size of [4 * 1024 * 1024, 4096]) {
    const block = Buffer.alloc(size);
    try {
      while ((await ballast.write(block)).bytesWritten === size);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }
}
