import { setTimeout as sleep } from "node:timers/promises";
import { generate } from "../generator/generate.ts";
import { peakOf } from "../generator/schedule.ts";
import type { LoadPlatform } from "../platform/load-platform.ts";
import type { AllocationOptions } from "../players/allocation.ts";
import { type Arriving, arrivingOf } from "../profiles.ts";
import type { Scenario } from "../scenario.ts";

const FLEETS = "/apis/agones.dev/v1/namespaces/default/fleets";
const FLEET = "load-echo";
/** From `give` until the allocator may hand it out again, with some to spare. */
const BACK_SECONDS = 0.5;
const SPARE = 10;
const READY_WITHIN_MS = 120_000;

/** Players who get a game server each, go there, and give it back. */
export const allocation: Scenario = {
  about: "a game server each, reached, held for a moment, and given back",
  parts: [],
  images: ["loadtest/bench/echo-game.yaml"],
  async run(platform, load, progress, signal) {
    const arriving = arrivingOf("allocation", load);
    const servers = serversFor(arriving);
    await using _ = await makeFleet(platform, servers, signal);
    progress.say(`${servers} game servers are Ready`);
    const { apiUrl, allocateToken, allowed } = platform;
    const options: AllocationOptions = { apiUrl, token: allocateToken, fleet: FLEET, allowed };
    const onSecond = progress.second.bind(progress);
    const common = { players: "allocation", options, arriving, threads: 1 };
    const { steps, seconds } = await generate({ ...common, onSecond, signal });
    return { steps, seconds, settings: { arriving, servers } };
  },
};

/** As many as are held at once, and under way back. */
function serversFor({ stages, staySeconds }: Arriving): number {
  return Math.ceil(peakOf(stages) * (staySeconds + BACK_SECONDS)) + SPARE;
}

async function makeFleet(
  platform: LoadPlatform,
  replicas: number,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  const limits = { memory: "128Mi" };
  // They ask for nothing, so that a small machine has room for all.
  const resources = { limits, requests: { cpu: 0, memory: 0 } };
  const pod = { containers: [{ name: "game", image: "echo-game", resources }] };
  const port = { name: "game", portPolicy: "Dynamic", protocol: "TCP", containerPort: 7654 };
  const health = { initialDelaySeconds: 30, periodSeconds: 5, failureThreshold: 3 };
  const template = { spec: { ports: [port], health, template: { spec: pod } } };
  const kind = { apiVersion: "agones.dev/v1", kind: "Fleet", metadata: { name: FLEET } };
  await platform.request("POST", FLEETS, { ...kind, spec: { replicas, template } });
  for (const until = Date.now() + READY_WITHIN_MS; ; await sleep(100, undefined, { signal })) {
    const fleet = (await platform.request("GET", `${FLEETS}/${FLEET}`)) as {
      readonly status?: { readonly readyReplicas?: number };
    };
    if (fleet.status?.readyReplicas === replicas) break;
    if (Date.now() > until)
      throw new Error(`fleet ${FLEET} is not Ready: ${JSON.stringify(fleet.status)}`);
  }
  return {
    [Symbol.asyncDispose]: async () => {
      await platform.request("DELETE", `${FLEETS}/${FLEET}`);
    },
  };
}
