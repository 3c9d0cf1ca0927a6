import type { AllocationSpec, AllocationStatus } from "../../core/model/allocation.ts";
import {
  type GameServer,
  type GameServerStatus,
  LAST_ALLOCATED,
} from "../../core/model/game-server.ts";
import type { Labels } from "../../core/model/resource.ts";
import { applyDataActions, type DataActions } from "./data-actions.ts";

export interface Handout {
  readonly server: GameServer;
  /** Merge patch from the server before to `server`: the whole commit record of an allocation. */
  readonly delta: object;
  /** What of the request could not be done with it, for people. */
  readonly problems: readonly string[];
}

/**
 * The server as it is once handed out. Labels and annotations of the request are patched on without a prefix, and what
 * it asks to be done to Counters and Lists is done.
 */
export function handOut(server: GameServer, spec: AllocationSpec, now: string): Handout {
  const { metadata, status } = server;
  const asked = spec.metadata;
  const annotations = asked?.annotations
    ? { ...asked.annotations, [LAST_ALLOCATED]: now }
    : { [LAST_ALLOCATED]: now };
  const patch = asked?.labels ? { labels: asked.labels, annotations } : { annotations };
  const data = applyDataActions(status, spec);
  return {
    server: {
      ...server,
      metadata: {
        ...metadata,
        ...(asked?.labels ? { labels: { ...metadata.labels, ...asked.labels } } : {}),
        annotations: { ...metadata.annotations, ...annotations },
      },
      status: { ...withData(status, data.delta), state: "Allocated" },
    },
    delta: { metadata: patch, status: { state: "Allocated", ...data.delta } },
    problems: data.problems,
  };
}

function withData(
  status: GameServerStatus,
  { counters, lists }: DataActions["delta"],
): GameServerStatus {
  if (!counters && !lists) return status;
  return {
    ...status,
    ...(counters ? { counters: { ...status.counters, ...counters } } : {}),
    ...(lists ? { lists: { ...status.lists, ...lists } } : {}),
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
    ...(status.counters ? { counters: status.counters } : {}),
    ...(status.lists ? { lists: status.lists } : {}),
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
