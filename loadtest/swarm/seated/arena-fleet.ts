import { setTimeout as sleep } from "node:timers/promises";
import type { Fleet } from "../../../core/model/fleet.ts";
import type { FleetAutoscalerPolicy } from "../../../core/model/fleet-autoscaler.ts";
import type { LoadPlatform } from "../../platform/load-platform.ts";

export interface ArenaFleet {
  readonly name: string;
  readonly replicas: number;
  readonly roomsPerServer: number;
  readonly playersPerServer: number;
  /** Kubernetes quantities. */
  readonly cpu: { readonly request: string; readonly limit: string };
  /** Whether players need a seat; `required` when absent. */
  readonly tokens?: "required" | "optional";
  /** Of its autoscaler; none without it. */
  readonly policy?: FleetAutoscalerPolicy;
}

export const ARENA_IMAGE = "examples/demo/image.yaml";
const FLEETS = "/apis/agones.dev/v1/namespaces/default/fleets";
const AUTOSCALERS = "/apis/autoscaling.agones.dev/v1/namespaces/default/fleetautoscalers";
const READY_WITHIN_MS = 120_000;

/** A fleet of the arena for one run, Ready when this resolves; disposing it deletes it, with its autoscaler. */
export async function makeArenaFleet(
  platform: LoadPlatform,
  arena: ArenaFleet,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  const { name, replicas, policy } = arena;
  await platform.request("POST", FLEETS, {
    ...{ apiVersion: "agones.dev/v1", kind: "Fleet", metadata: { name } },
    spec: { replicas, template: { spec: serverOf(arena) } },
  });
  if (policy)
    await platform.request("POST", AUTOSCALERS, {
      ...{ apiVersion: "autoscaling.agones.dev/v1", kind: "FleetAutoscaler", metadata: { name } },
      spec: {
        ...{ fleetName: name, policy },
        behavior: { scaleDown: { stabilizationWindowSeconds: 0 } },
      },
    });
  await fleetIsReady(platform, name, replicas, signal);
  return {
    [Symbol.asyncDispose]: async () => {
      if (policy) await platform.request("DELETE", `${AUTOSCALERS}/${name}`);
      await platform.request("DELETE", `${FLEETS}/${name}`);
    },
  };
}

/** Resolves when so many of its servers are Ready; throws with its status when that takes too long. */
export async function fleetIsReady(
  platform: LoadPlatform,
  name: string,
  replicas: number,
  signal: AbortSignal,
): Promise<void> {
  for (const until = Date.now() + READY_WITHIN_MS; ; await sleep(100, undefined, { signal })) {
    const { status } = (await platform.request("GET", `${FLEETS}/${name}`)) as Fleet;
    if (status?.readyReplicas === replicas) return;
    if (Date.now() > until)
      throw new Error(`fleet ${name} is not Ready: ${JSON.stringify(status)}`);
  }
}

function serverOf(arena: ArenaFleet): object {
  const { roomsPerServer, playersPerServer, cpu, tokens = "required" } = arena;
  const container = {
    ...{ name: "arena", image: "arena" },
    env: [{ name: "ARENA_TOKENS", value: tokens }],
    resources: {
      requests: { cpu: cpu.request, memory: "64Mi" },
      limits: { cpu: cpu.limit, memory: "256Mi" },
    },
  };
  return {
    ports: [
      { name: "game", portPolicy: "Dynamic", protocol: "TCP", containerPort: 7654 },
      { name: "udp", portPolicy: "Dynamic", protocol: "UDP", containerPort: 7655 },
    ],
    counters: { rooms: { count: 0, capacity: roomsPerServer } },
    lists: { players: { capacity: playersPerServer } },
    health: { initialDelaySeconds: 10, periodSeconds: 5, failureThreshold: 3 },
    template: { spec: { containers: [container] } },
  };
}
