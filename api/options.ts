import type { AccessParts } from "../access/access-parts.ts";
import type { BrowserGuard } from "../access/browser.ts";
import type { Tokens } from "../access/tokens.ts";
import type { Rooms as RoomVerbs } from "../allocator/rooms/rooms.ts";
import type { WaitingLine } from "../allocator/waiting-line.ts";
import type { Alert } from "../core/model/alert.ts";
import type { AllocationSpec, AllocationStatus } from "../core/model/allocation.ts";
import type { HistoryRow } from "../core/model/history.ts";
import type { HeartbeatAnswer, LinkResult, Report, SdkCall } from "../core/model/link.ts";
import type { NodeStatus } from "../core/model/node.ts";
import type { Usage } from "../core/model/usage.ts";
import type { Clock } from "../core/std/clock.ts";
import type { Logger } from "../core/std/logger.ts";
import type { Metrics } from "../monitor/metrics.ts";
import type { LiveSamples } from "../monitor/samples/live-samples.ts";
import type { EventLog } from "../store/event-log.ts";
import type { ResourceStore } from "../store/resource-store.ts";
import type { AlertDesk } from "./alert-routes.ts";
import type { HistoryReader } from "./history-routes.ts";
import type { PageFile } from "./page-files.ts";
import type { ListSource } from "./stream/list-topic.ts";

/** What the API needs of the control plane's end of the link. Resolves after the commit. */
export interface NodeLink {
  heartbeat(node: string, status: NodeStatus): Promise<HeartbeatAnswer>;
  reports(node: string, reports: readonly Report[]): Promise<readonly LinkResult[]>;
  /** A machine becomes node `node`, with a credential that has this digest; ALREADY_EXISTS when the node is Ready. */
  join(node: string, credentialDigest: string): Promise<void>;
  sdk(node: string, calls: readonly SdkCall[]): Promise<readonly LinkResult[]>;
  /** Measurements: kept for some seconds, never committed. */
  usage(node: string, usage: Usage): void;
}

/** What the API needs of the allocator. Resolves after the commit; that none is free is an answer, not an error. */
export interface Allocator {
  allocate(request: {
    readonly namespace: string;
    readonly spec: AllocationSpec;
    readonly idempotency?: { readonly key: string; readonly bodyHash: string };
    /** Who asks has gone: it waits no more, and takes nothing. */
    readonly signal?: AbortSignal;
  }): Promise<AllocationStatus>;
}

/** What the API needs of the rooms: every verb resolves after its commit. */
export type Rooms = Pick<RoomVerbs, "open" | "seat" | "confirm" | "leave" | "setOpen" | "close">;

/** What the API needs of the line: who waits for what. */
export type Line = Pick<WaitingLine, "groups">;

/** Makes a node token that is good for so many seconds. */
export type IssueNodeToken = (lifeSeconds: number) => {
  readonly token: string;
  readonly expiresAt: string;
  /** Where the machine reaches the control plane, when that is known. */
  readonly url?: string;
};

export interface ApiOptions {
  readonly store: ResourceStore;
  readonly events: EventLog;
  readonly history: HistoryReader;
  readonly alerts: AlertDesk;
  readonly allocator: Allocator;
  readonly rooms: Rooms;
  readonly line: Line;
  /** The public keys of join tokens. */
  readonly joinKeys: { readonly keySet: object };
  readonly nodeLink: NodeLink;
  readonly tokens: Tokens;
  readonly access: Pick<AccessParts, "accounts" | "audit" | "tally">;
  readonly issueNodeToken: IssueNodeToken;
  /** Where image blobs are kept for other nodes. */
  readonly blobFolder: string;
  readonly guard: BrowserGuard;
  readonly metrics: Metrics;
  readonly samples: LiveSamples;
  /** What goes wrong: its numbers, the alerts that are on, and what happened last. */
  readonly alertCounts: () => { readonly firing: number; readonly pending: number };
  readonly alertList: ListSource<Alert>;
  readonly historyList: ListSource<HistoryRow>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  /** The built dashboard; empty where it was not built. */
  readonly page: readonly PageFile[];
  /** Why requests cannot be served yet; undefined when they can. */
  readonly notReady: () => string | undefined;
  readonly bounds: ApiBounds;
}

/** Over a bound the answer is a clear error. */
export interface ApiBounds {
  readonly bodyBytesMax: number;
  /** Items of one list; the rest follows by `continue`. */
  readonly listMax: number;
  /** Client watches at once. */
  readonly watchesMax: number;
  /** Bytes that wait for a slow reader of a watch before it is cut off. */
  readonly watchBufferBytesMax: number;
  readonly bookmarkEveryMs: number;
  /** Distinct allocation requests that are kept in checked form. */
  readonly checkedAllocationsMax: number;
  /** Logs and commands at once per node. */
  readonly tunnelStreamsMax: number;
  /** Image blobs kept for other nodes. */
  readonly blobBytesMax: number;
  readonly tunnelPingEveryMs: number;
  readonly tunnelSilenceMaxMs: number;
  /** Time that a client has to send the headers of a request, and all of it. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** How often connections are looked at for that. */
  readonly slowLookEveryMs: number;
}

export const API_BOUNDS: ApiBounds = {
  bodyBytesMax: 1024 * 1024,
  listMax: 5_000,
  watchesMax: 1_000,
  watchBufferBytesMax: 8 * 1024 * 1024,
  bookmarkEveryMs: 5_000,
  checkedAllocationsMax: 2_000,
  tunnelStreamsMax: 128,
  blobBytesMax: 8 * 1024 ** 3,
  tunnelPingEveryMs: 5_000,
  tunnelSilenceMaxMs: 20_000,
  headersTimeoutMs: 20_000,
  requestTimeoutMs: 60_000,
  slowLookEveryMs: 10_000,
};
