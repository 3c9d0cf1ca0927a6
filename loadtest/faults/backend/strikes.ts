import { setTimeout as sleep } from "node:timers/promises";
import type { Container } from "../../../core/model/container.ts";
import { SERVICE_LABEL } from "../../../core/model/service.ts";
import type { BackingName } from "../../platform/backing.ts";
import type { GamePart } from "../../platform/game-folder.ts";
import type { LoadPlatform } from "../../platform/load-platform.ts";
import { untilSo } from "../fault.ts";
import { isAlive } from "../platform-parts.ts";

export interface BackendFault {
  readonly what: string;
  readonly about: string;
  /** Newcomers of so many seconds may fail before it is back; any number when absent. */
  readonly failSeconds?: number;
  /** What it needs beside the game's own parts. */
  readonly needs?: BackingName;
  /** `back` resolves when what was struck works again. */
  readonly strike: (
    platform: LoadPlatform,
    signal: AbortSignal,
  ) => Promise<{ readonly back: Promise<void> }>;
}

const CONTAINERS = "/apis/flotilla.dev/v1/namespaces/default/containers";
const AGAIN_MS = 20;
/** Half of what is asked goes to the one that is dead until the platform has seen that. */
const REPLICA_SECONDS = 3;

/** To see what the machine does to players by itself. */
export const NOTHING_BROKEN: BackendFault = {
  what: "nothing, while players come and go",
  about: "to compare with",
  failSeconds: 0,
  strike: async () => ({ back: Promise.resolve() }),
};

/** kill -9 of one of two. */
export function killReplicaOf(part: GamePart): BackendFault {
  return {
    what: `kill -9 of one of two ${part} replicas`,
    about: "the other one goes on; what the killed one was answering is lost",
    failSeconds: REPLICA_SECONDS,
    strike: async (platform, signal) => {
      const before = await replicasOf(platform, part);
      const [first] = before.filter(isReady);
      if (!first) throw new Error(`the service ${part} has no replica that is ready`);
      const struck = pidOf(first);
      process.kill(struck, "SIGKILL");
      const isBack = async (): Promise<boolean> => {
        const now = (await replicasOf(platform, part)).filter(isReady).map(pidOf);
        return now.length === before.length && !now.includes(struck);
      };
      return { back: untilSo(`the ${part} replica`, isBack, signal) };
    },
  };
}

/** kill -9, again and again for so long as the platform starts it: it has no second replica. */
export function killBacking(needs: BackingName, about: string, awaySeconds: number): BackendFault {
  return {
    ...{ what: `kill -9 of ${NAMES[needs]}`, about: `for ${awaySeconds} s; ${about}`, needs },
    strike: async (platform, signal) => {
      const struck = new Set<number>();
      await killOnce(platform, needs, struck);
      if (struck.size === 0) throw new Error(`${needs} does not run, so it cannot be killed`);
      const until = performance.now() + 1_000 * awaySeconds;
      const again = async (): Promise<void> => {
        while (performance.now() < until) {
          await sleep(AGAIN_MS, undefined, { signal });
          await killOnce(platform, needs, struck);
        }
        const isBack = async (): Promise<boolean> =>
          (await replicasOf(platform, needs)).some(
            (one) => isReady(one) && !struck.has(pidOf(one)),
          );
        await untilSo(needs, isBack, signal);
      };
      return { back: again() };
    },
  };
}

const NAMES: Readonly<Record<BackingName, string>> = {
  ...{ redis: "Redis", mongodb: "MongoDB (FerretDB)" },
};

async function killOnce(
  platform: LoadPlatform,
  service: string,
  struck: Set<number>,
): Promise<void> {
  for (const one of await replicasOf(platform, service)) {
    const pid = pidOf(one);
    // What the platform tells may be of a moment ago.
    if (pid === 0 || struck.has(pid) || !isAlive(pid)) continue;
    struck.add(pid);
    process.kill(pid, "SIGKILL");
  }
}

async function replicasOf(platform: LoadPlatform, service: string): Promise<readonly Container[]> {
  const selector = encodeURIComponent(`${SERVICE_LABEL}=${service}`);
  const path = `${CONTAINERS}?labelSelector=${selector}`;
  return ((await platform.request("GET", path)) as { readonly items: readonly Container[] }).items;
}

const isReady = (one: Container): boolean => one.status?.ready === true && pidOf(one) > 0;
const pidOf = (one: Container): number => one.status?.container?.pid ?? 0;
