import { setTimeout as sleep } from "node:timers/promises";
import type { GameServer } from "../../../core/model/game-server.ts";
import type { LoadPlatform } from "../../platform/load-platform.ts";
import type { ProfileName } from "../../profiles.ts";
import type { SwarmRecord, ThresholdResult } from "../../report/run-result.ts";
import type { Scenario } from "../../scenario.ts";
import { UdpSwarm } from "./udp-swarm.ts";

/** How large a swarm is, and how much of what it sent may be lost. */
interface Size {
  readonly servers: number;
  readonly players: number;
  readonly seconds: number;
  readonly lostPercentMax: number;
}

// biome-ignore format: a table is read by its columns
const SIZES: Readonly<Record<ProfileName, Size>> = {
  smoke: { servers: 1, players: 40,   seconds: 5,  lostPercentMax: 1 },
  load:  { servers: 4, players: 1000, seconds: 60, lostPercentMax: 0.1 },
  spike: { servers: 4, players: 3000, seconds: 20, lostPercentMax: 1 },
};
const HZ = 20;
const WORKERS = 2;
/** Packets that this generator itself was too late for: with more its figures say nothing. */
const SKIPPED_PERCENT_MAX = 5;
const SERVERS = "/apis/agones.dev/v1/namespaces/default/gameservers";
const ECHO_PORT = 7_655;
const RUNS_WITHIN_MS = 60_000;

/** UDP players against game servers that echo, through the ports that players are told. */
export const udp: Scenario = {
  about: "thousands of UDP players at 20 packets a second through port maps: loss, jitter, order",
  parts: [],
  images: ["loadtest/bench/udp-echo.yaml"],
  async run(platform, { profile }, progress, signal) {
    const size = SIZES[profile];
    const { servers, players, seconds } = size;
    const places = await startEchoes(platform, servers, signal);
    progress.say(`${players} players speak to ${servers} game servers for ${seconds} s`);
    await using swarm = UdpSwarm.start({
      ...{ wire: "plain", workers: WORKERS, hz: HZ, playersMax: players },
      ...{ secondsMax: seconds + 60, allowed: platform.allowed },
    });
    const aims = Array.from({ length: players }, (_, id) => {
      const place = places[id % places.length] ?? { host: "", port: 0 };
      return { id, token: "", ...place };
    });
    swarm.aim(aims);
    await sleep(seconds * 1000, undefined, { signal });
    const record = await swarm.stop();
    const settings = { ...size, hz: HZ, workers: WORKERS };
    return { seconds, settings, swarms: { udp: record }, thresholds: judged(size, record) };
  },
};

async function startEchoes(
  platform: LoadPlatform,
  count: number,
  signal: AbortSignal,
): Promise<{ readonly host: string; readonly port: number }[]> {
  const ports = [{ name: "udp", portPolicy: "Dynamic", protocol: "UDP", containerPort: ECHO_PORT }];
  const containers = [{ name: "echo", image: "udp-echo" }];
  const names = Array.from({ length: count }, (_, n) => `load-udp-${n}`);
  for (const name of names)
    await platform.request("POST", SERVERS, {
      ...{ apiVersion: "agones.dev/v1", kind: "GameServer", metadata: { name } },
      spec: { ports, health: { disabled: true }, template: { spec: { containers } } },
    });
  return await Promise.all(names.map((name) => placeOf(platform, name, signal)));
}

/** Where it is, when it runs; it speaks no SDK, so it is never Ready. */
async function placeOf(
  platform: LoadPlatform,
  name: string,
  signal: AbortSignal,
): Promise<{ readonly host: string; readonly port: number }> {
  for (const until = Date.now() + RUNS_WITHIN_MS; ; await sleep(100, undefined, { signal })) {
    const { status } = (await platform.request("GET", `${SERVERS}/${name}`)) as GameServer;
    const [port] = status?.ports ?? [];
    if (status?.state === "Scheduled" && port) return { host: status.address, port: port.port };
    if (Date.now() > until) throw new Error(`${name} does not run: ${JSON.stringify(status)}`);
  }
}

function judged(
  { players, seconds, lostPercentMax }: Size,
  { counts }: SwarmRecord,
): ThresholdResult[] {
  const { sent = 0, lost = 0, skipped = 0, answered = 0 } = counts;
  const wanted = players * HZ * seconds;
  const percent = (part: number, whole: number): number =>
    whole === 0 ? 100 : Math.round((100_000 * part) / whole) / 1000;
  const atMost = (name: string, seen: number, limit: number): ThresholdResult => ({
    ...{ name, limit, seen, passed: seen <= limit },
  });
  const least = Math.floor(wanted * 0.9);
  return [
    { name: "packets answered", limit: least, seen: answered, passed: answered >= least },
    atMost("percent of packets lost", percent(lost, sent), lostPercentMax),
    atMost("percent skipped by the generator", percent(skipped, wanted), SKIPPED_PERCENT_MAX),
  ];
}
