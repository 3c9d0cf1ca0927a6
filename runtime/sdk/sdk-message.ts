import type { GameServer } from "../../core/model/game-server.ts";

/** A GameServer as Agones' SDK shows it: proto field names, 64-bit numbers as strings, nothing left out. */
export interface SdkGameServer {
  readonly object_meta: object;
  readonly spec: object;
  readonly status: object;
}

/** What gRPC and REST answer for a game server; both encodings take the same value. */
export function sdkGameServerOf({ metadata, spec, status }: GameServer): SdkGameServer {
  return {
    object_meta: {
      name: metadata.name,
      namespace: metadata.namespace,
      uid: metadata.uid,
      resource_version: metadata.resourceVersion,
      generation: String(metadata.generation),
      creation_timestamp: epochSeconds(metadata.creationTimestamp),
      deletion_timestamp: epochSeconds(metadata.deletionTimestamp),
      annotations: metadata.annotations ?? {},
      labels: metadata.labels ?? {},
    },
    spec: {
      health: {
        disabled: spec.health.disabled,
        period_seconds: spec.health.periodSeconds,
        failure_threshold: spec.health.failureThreshold,
        initial_delay_seconds: spec.health.initialDelaySeconds,
      },
    },
    status: statusOf(status),
  };
}

function statusOf(status: GameServer["status"]): object {
  return {
    state: status.state,
    address: status.address,
    ports: status.ports.map(({ name, port }) => ({ name, port })),
    players: null,
    counters: mapped(status.counters, ({ count, capacity }) => ({
      count: String(count),
      capacity: String(capacity),
    })),
    lists: mapped(status.lists, ({ capacity, values }) => ({
      capacity: String(capacity),
      values: [...values],
    })),
    addresses: status.addresses.map(({ type, address }) => ({ type, address })),
  };
}

function mapped<T>(
  table: Readonly<Record<string, T>> | undefined,
  each: (value: T) => object,
): object {
  return Object.fromEntries(Object.entries(table ?? {}).map(([key, value]) => [key, each(value)]));
}

function epochSeconds(time: string | undefined): string {
  return time === undefined ? "0" : String(Math.floor(Date.parse(time) / 1000));
}
