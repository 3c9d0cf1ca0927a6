import type { Health } from "./game-server.ts";
import type { Subject } from "./link.ts";

/**
 * One game server as the SDK door knows it: the agent writes `sdk/peers/<container id>.json` (by rename) before the
 * container starts and deletes it when nothing of the container is left. Files, so that either may die and come back.
 */
export interface SdkPeer {
  readonly subject: Subject;
  readonly containerId: string;
  /** Where the door listens for it: a bridge's address (many peers, told apart by `source`) or 127.0.0.1 (one peer). */
  readonly listen: {
    readonly address: string;
    readonly grpcPort: number;
    readonly httpPort: number;
  };
  /** The container's own address; absent with the process driver, where the listener alone says who speaks. */
  readonly source?: string;
  readonly health: Health;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}
