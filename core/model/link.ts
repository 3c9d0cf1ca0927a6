import type { Container } from "./container.ts";
import type { Counter, GameServer, List } from "./game-server.ts";
import type { Image } from "./image.ts";
import type { Network } from "./network.ts";
import type { NodeStatus } from "./node.ts";
import type { Reason } from "./reason.ts";
import type { ResourceOf } from "./resource.ts";
import type { SdkDataVerb } from "./sdk-data.ts";
import type { ReplicaSpec, ServiceSpec, ServiceStatus } from "./service.ts";

/**
 * The link between the control plane and what runs on a machine (agent, SDK door): HTTP/1.1, agent token.
 *
 *   GET  /link/v1/nodes/{node}/watch?from=REVISION&kinds=…   NDJSON of LinkEvent, resumable
 *   POST /link/v1/nodes/{node}/heartbeat                      NodeStatus → HeartbeatAnswer
 *   POST /link/v1/nodes/{node}/reports                        {reports: Report[]} → {results: LinkResult[]}
 *   POST /link/v1/nodes/{node}/sdk                            {calls: SdkCall[]} → {results: LinkResult[]}
 *   POST /link/v1/nodes/{node}/usage                          Usage → 200, once a second, never committed
 *
 * Answers come after the commit. Batches hold at most LINK_BATCH_MAX items.
 */
export const LINK_BATCH_MAX = 500;

/** What machines hear of a Service: what leads to it, and not what its replicas are made of. */
export interface LinkService
  extends ResourceOf<
    "Service",
    Pick<ServiceSpec, "ports" | "sessionAffinity"> & {
      readonly template: { readonly spec: Pick<ReplicaSpec, "network"> };
    },
    Pick<ServiceStatus, "address" | "ports">
  > {}
export type LinkResource = GameServer | Container | LinkService | Network | Image;
export type LinkKind = LinkResource["kind"];

/**
 * `sync` starts a full list (`from` absent or too old): forget what you know, `put`s follow, then `synced`.
 * `patch` is a JSON merge patch on the object last sent under that key. `gone`: deleted, or no longer of this node.
 * `bookmark` keeps the line alive every 5 s and moves the revision.
 */
export type LinkEvent =
  | { readonly type: "sync" }
  | { readonly type: "synced"; readonly revision: number }
  | { readonly type: "put"; readonly revision: number; readonly object: LinkResource }
  | {
      readonly type: "patch";
      readonly revision: number;
      readonly key: string;
      readonly uid: string;
      readonly patch: object;
    }
  | { readonly type: "gone"; readonly revision: number; readonly key: string; readonly uid: string }
  | { readonly type: "bookmark"; readonly revision: number };

export interface Subject {
  readonly kind: "GameServer" | "Container";
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** What the agent saw of one container. `removed` means: nothing of it is left on the node. */
export interface Report {
  readonly subject: Subject;
  readonly seen: "starting" | "running" | "exited" | "failed" | "backoff" | "stopped" | "removed";
  readonly id: string;
  readonly address?: string;
  readonly pid?: number;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly oomKilled?: boolean;
  readonly restarts?: number;
  /** Of a container that runs: its readiness probe succeeds, or it has none. */
  readonly ready?: boolean;
  readonly reason?: Reason;
  readonly message?: string;
  /** Found running by an agent that did not start it. */
  readonly adopted?: boolean;
}

/** What a game server asked through the SDK, or what the door decided about its health. */
export type SdkVerb =
  | { readonly verb: "ready" | "allocate" | "shutdown" }
  | { readonly verb: "reserve"; readonly seconds: number }
  | { readonly verb: "label" | "annotation"; readonly key: string; readonly value: string }
  | { readonly verb: "health"; readonly health: "healthy" | "unknown" | "unhealthy" };
export type SdkCall = (SdkVerb | SdkDataVerb) & { readonly subject: Subject; readonly id: string };

/**
 * Per item of a batch: ok, or a FleetError's code and message. `object` is set where the call answers with it, and
 * `revision` is the resourceVersion at which it is so.
 */
export type LinkResult =
  | { readonly ok: true; readonly object?: Counter | List; readonly revision?: string }
  | { readonly ok: false; readonly code: string; readonly message: string };

export type Heartbeat = NodeStatus;
/** Told with every answer, so that both ends count the same silence. */
export interface HeartbeatAnswer {
  /** A node that is silent for so long is lost. */
  readonly lostAfterMs: number;
}
