import type { Container, ContainerTemplate } from "./container.ts";
import { type GameServer, gameContainerOf } from "./game-server.ts";
import type { NodeCapacity } from "./node.ts";
import { milliOf, unitsOf } from "./quantity.ts";

const KNOWN = new WeakMap<object, NodeCapacity>();

/** What a container asks of its node: its requests, and where it has none its limits, as Kubernetes defaults them. */
export function requestsOf(resource: GameServer | Container): NodeCapacity {
  const known = KNOWN.get(resource.spec);
  if (known) return known;
  const template = resource.kind === "GameServer" ? gameContainerOf(resource.spec) : resource.spec;
  const requests = requestsOfTemplate(template);
  KNOWN.set(resource.spec, requests);
  return requests;
}

function requestsOfTemplate({ resources }: ContainerTemplate): NodeCapacity {
  const { requests, limits } = resources ?? {};
  return {
    cpuMilli: milliOf(requests?.cpu ?? limits?.cpu) ?? 0,
    memoryBytes: unitsOf(requests?.memory ?? limits?.memory) ?? 0,
  };
}
