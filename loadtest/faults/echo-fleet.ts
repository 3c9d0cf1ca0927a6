import type { LoadPlatform } from "../platform/load-platform.ts";
import { fleetIsReady } from "../swarm/seated/arena-fleet.ts";

const FLEETS = "/apis/agones.dev/v1/namespaces/default/fleets";

/** A fleet of game servers that are given back by a line; Ready when this resolves, deleted when disposed. */
export async function makeEchoFleet(
  platform: LoadPlatform,
  { name, replicas }: { readonly name: string; readonly replicas: number },
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  // They ask for nothing, so that a small machine has room for all.
  const resources = { limits: { memory: "128Mi" }, requests: { cpu: 0, memory: 0 } };
  const pod = { containers: [{ name: "game", image: "echo-game", resources }] };
  const port = { name: "game", portPolicy: "Dynamic", protocol: "TCP", containerPort: 7654 };
  const health = { initialDelaySeconds: 30, periodSeconds: 5, failureThreshold: 3 };
  await platform.request("POST", FLEETS, {
    ...{ apiVersion: "agones.dev/v1", kind: "Fleet", metadata: { name } },
    spec: { replicas, template: { spec: { ports: [port], health, template: { spec: pod } } } },
  });
  await fleetIsReady(platform, name, replicas, signal);
  return {
    [Symbol.asyncDispose]: async () => {
      await platform.request("DELETE", `${FLEETS}/${name}`);
    },
  };
}
