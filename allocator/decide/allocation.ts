import type { AllocationSpec, AllocationStatus } from "../../core/model/allocation.ts";
import { type GameServer, LAST_ALLOCATED } from "../../core/model/game-server.ts";
import type { Labels } from "../../core/model/resource.ts";

export interface Handout {
  readonly server: GameServer;
  /** Merge patch from the server before to `server`: the whole commit record of an allocation. */
  readonly delta: object;
}

/** The server as it is once handed out; labels and annotations of the request are patched on without a prefix. */
export function handOut(server: GameServer, spec: AllocationSpec, now: string): Handout {
  const { metadata, status } = server;
  const asked = spec.metadata;
  const annotations = asked?.annotations
    ? { ...asked.annotations, [LAST_ALLOCATED]: now }
    : { [LAST_ALLOCATED]: now };
  const patch = asked?.labels ? { labels: asked.labels, annotations } : { annotations };
  return {
    server: {
      ...server,
      metadata: {
        ...metadata,
        ...(asked?.labels ? { labels: { ...metadata.labels, ...asked.labels } } : {}),
        annotations: { ...metadata.annotations, ...annotations },
      },
      status: { ...status, state: "Allocated" },
    },
    delta: { metadata: patch, status: { state: "Allocated" } },
  };
}

const NONE: Labels = {};

/** What the caller is told about the server that it got. */
export function allocatedStatus({ metadata, status }: GameServer): AllocationStatus {
  return {
    state: "Allocated",
    gameServerName: metadata.name,
    ports: status.ports,
    address: status.address,
    addresses: status.addresses,
    nodeName: status.nodeName,
    source: "local",
    metadata: { labels: metadata.labels ?? NONE, annotations: metadata.annotations ?? NONE },
  };
}

export function unallocatedStatus(message: string): AllocationStatus {
  return {
    state: "UnAllocated",
    gameServerName: "",
    ports: [],
    address: "",
    addresses: [],
    nodeName: "",
    source: "",
    message,
  };
}
