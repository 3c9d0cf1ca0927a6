import { DRAINING_SINCE, FLEET_LABEL } from "../../core/model/fleet.ts";
import type { Counters, GameServer, Lists } from "../../core/model/game-server.ts";
import type { GameServerState } from "../../core/model/game-server-state.ts";
import type { Labels } from "../../core/model/resource.ts";

export interface ServerOptions {
  readonly name?: string;
  readonly namespace?: string;
  readonly fleet?: string;
  readonly node?: string;
  readonly state?: GameServerState;
  readonly labels?: Labels;
  readonly counters?: Counters;
  readonly lists?: Lists;
  readonly isDraining?: boolean;
  readonly isDeleting?: boolean;
}

/** For tests: a game server of which only what the allocator looks at is set. */
export function serverOf(options: ServerOptions = {}): GameServer {
  const { name = "a", namespace = "default", fleet = "arena", node = "n1" } = options;
  const { state = "Ready", labels = {}, counters, lists, isDraining, isDeleting } = options;
  const now = "2026-01-01T00:00:00Z";
  return {
    apiVersion: "agones.dev/v1",
    kind: "GameServer",
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      resourceVersion: "1",
      generation: 1,
      creationTimestamp: now,
      labels: { [FLEET_LABEL]: fleet, ...labels },
      ...(isDraining ? { annotations: { [DRAINING_SINCE]: now } } : {}),
      ...(isDeleting ? { deletionTimestamp: now } : {}),
    },
    spec: {
      container: "game",
      ports: [],
      health: { disabled: false, initialDelaySeconds: 5, periodSeconds: 5, failureThreshold: 3 },
      scheduling: "Packed",
      sdkServer: { logLevel: "Info", grpcPort: 9357, httpPort: 9358 },
      template: { spec: { containers: [{ name: "game", image: "arena" }] } },
    },
    status: {
      state,
      ports: [],
      address: "127.0.0.1",
      addresses: [],
      nodeName: node,
      ...(counters ? { counters } : {}),
      ...(lists ? { lists } : {}),
    },
  };
}
