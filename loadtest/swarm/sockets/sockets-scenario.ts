import { setTimeout as sleep } from "node:timers/promises";
import type { GameServer } from "../../../core/model/game-server.ts";
import type { LoadPlatform } from "../../platform/load-platform.ts";
import type { ProfileName } from "../../profiles.ts";
import { FleetRecorder } from "../../record/fleet-recorder.ts";
import type { SwarmRecord, ThresholdResult } from "../../report/run-result.ts";
import type { Scenario } from "../../scenario.ts";
import { ARENA_IMAGE, makeArenaFleet } from "../seated/arena-fleet.ts";
import type { SocketJoin } from "./socket-players.ts";
import { SocketSwarm } from "./socket-swarm.ts";

/** How many sockets, over how many servers and processes. */
interface Size {
  readonly servers: number;
  readonly processes: number;
  readonly sockets: number;
  readonly perSecond: number;
  readonly holdSeconds: number;
}

// biome-ignore format: a table is read by its columns
const SIZES: Readonly<Record<ProfileName, Size>> = {
  smoke: { servers: 1, processes: 2, sockets: 60,   perSecond: 60,  holdSeconds: 3 },
  load:  { servers: 4, processes: 2, sockets: 3000, perSecond: 60,  holdSeconds: 30 },
  spike: { servers: 4, processes: 2, sockets: 2000, perSecond: 500, holdSeconds: 10 },
};
/** A List has at most so many, and a server's players are one. */
const PLAYERS_PER_SERVER = 1_000;
const ECHO_EVERY_MS = 10_000;
const COME_WITHIN_MS = 300_000;
const FLEET = "load-sockets";
const SERVERS = "/apis/agones.dev/v1/namespaces/default/gameservers";

/** Mostly idle WebSockets on real game servers. */
export const sockets: Scenario = {
  about: "thousands of mostly idle WebSockets over several processes: who comes in, who is cut off",
  parts: [],
  images: [ARENA_IMAGE],
  async run(platform, { profile }, progress, signal) {
    const size = SIZES[profile];
    const { servers: replicas, processes, perSecond, holdSeconds } = size;
    const { apiUrl, adminToken, allowed } = platform;
    const arena = {
      ...{ name: FLEET, replicas, roomsPerServer: 100, playersPerServer: PLAYERS_PER_SERVER },
      ...({ tokens: "optional", cpu: { request: "0", limit: "1" } } as const),
    };
    await using _fleet = await makeArenaFleet(platform, arena, signal);
    let settled = 0;
    await using swarm = SocketSwarm.start({
      ...{ processes, perSecond, allowed, socketsMax: size.sockets, echoEveryMs: ECHO_EVERY_MS },
      onEvent: ({ what }) => {
        if (what !== "closed") settled += 1;
      },
    });
    const now = (): number => swarm.nowMs;
    await using recorder = new FleetRecorder({ apiUrl, token: adminToken, fleet: FLEET, now });
    swarm.join(await joinsTo(platform, size.sockets));
    progress.say(`${size.sockets} sockets come, ${perSecond} a second`);
    const late = AbortSignal.any([signal, AbortSignal.timeout(COME_WITHIN_MS)]);
    while (settled < size.sockets) await sleep(100, undefined, { signal: late });
    progress.say(`all have come or failed; held for ${holdSeconds} s`);
    await sleep(holdSeconds * 1000, undefined, { signal });
    const record = await swarm.record();
    return {
      seconds: Math.round(swarm.nowMs / 1000),
      settings: { ...size, echoEveryMs: ECHO_EVERY_MS },
      ...{ fleet: recorder.record(), swarms: { sockets: record } },
      thresholds: judged(size, record),
    };
  },
};

async function joinsTo(platform: LoadPlatform, count: number): Promise<SocketJoin[]> {
  const selector = encodeURIComponent(`agones.dev/fleet=${FLEET}`);
  const list = await platform.request("GET", `${SERVERS}?labelSelector=${selector}`);
  const places = (list as { readonly items: readonly GameServer[] }).items.map(({ status }) => ({
    host: status.address,
    port: status.ports.find(({ name }) => name === "game")?.port ?? 0,
  }));
  return Array.from({ length: count }, (_, id) => {
    const place = places[id % places.length] ?? { host: "", port: 0 };
    return { id, ...place, room: "arena", wantsUdp: false };
  });
}

function judged({ sockets: wanted }: Size, { open, counts }: SwarmRecord): ThresholdResult[] {
  const { failed = 0, closed = 0 } = counts;
  return [
    { name: "sockets open at the end", limit: wanted, seen: open, passed: open >= wanted },
    { name: "sockets that did not come in", limit: 0, seen: failed, passed: failed === 0 },
    { name: "sockets that were closed", limit: 0, seen: closed, passed: closed === 0 },
  ];
}
