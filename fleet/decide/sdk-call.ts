import {
  type GameServer,
  type GameServerStatus,
  LAST_ALLOCATED,
} from "../../core/model/game-server.ts";
import { GAME_SERVER_STATES, type GameServerState } from "../../core/model/game-server-state.ts";
import type { SdkVerb } from "../../core/model/link.ts";
import type { Reason } from "../../core/model/reason.ts";
import type { Labels } from "../../core/model/resource.ts";
import { FleetError } from "../../core/std/errors.ts";
import { mergePatch } from "../../core/std/json.ts";
import { endOfDrain } from "./overflow.ts";
import { callsWith, wasDone } from "./sdk-call-ids.ts";

export interface SdkDecision {
  readonly server: GameServer;
  /** Merge patch from the old to the new one. */
  readonly delta: object;
  readonly because: Reason;
  readonly message: string;
}
export interface SdkTime {
  /** RFC 3339. */
  readonly now: string;
  /** RFC 3339 of now + n seconds. */
  readonly after: (seconds: number) => string;
}

export const SDK_PREFIX = "agones.dev/sdk-";

/**
 * What one SDK call changes; undefined when it changes nothing. As Agones does it, changes of state by a server that is
 * broken or on its way out are dropped without an error. Throws INVALID for a bad label or annotation.
 */
export function decideSdkCall(
  server: GameServer,
  call: SdkVerb & { readonly id?: string },
  time: SdkTime,
): SdkDecision | undefined {
  if (call.verb === "label" || call.verb === "annotation") return decideMetadata(server, call);
  const { runs } = GAME_SERVER_STATES[server.status.state];
  if (!runs || server.metadata.deletionTimestamp) return undefined;
  switch (call.verb) {
    case "ready":
      return decideReady(server, call.id);
    case "allocate":
      return become(
        server,
        "Allocated",
        "Allocated",
        "the game called Allocate",
        { reservedUntil: null },
        { [LAST_ALLOCATED]: time.now },
      );
    case "shutdown":
      return become(server, "Shutdown", "SdkRequest", "the game called Shutdown");
    case "reserve":
      return become(
        server,
        "Reserved",
        "Reserved",
        `the game reserved itself for ${call.seconds} s`,
        {
          reservedUntil: call.seconds > 0 ? time.after(call.seconds) : null,
        },
      );
    case "health":
      return decideHealthReport(server, call.health);
  }
}

/**
 * The id of the call is kept: when its answer was lost and the same call comes again, the server may have been handed out
 * meanwhile, and its game may have made other calls since.
 */
function decideReady(server: GameServer, id: string | undefined): SdkDecision | undefined {
  if (id !== undefined && wasDone(server.status, id)) return undefined;
  const calls = id !== undefined ? { lastSdkCall: callsWith(server.status, id) } : {};
  const more = { reservedUntil: null, ...calls };
  const said = "the game called Ready";
  return become(server, readyOf(server), "SdkRequest", said, more, endOfDrain(server));
}

/** A held server that comes back needs no look by a controller: its address and ports are known, so one commit does it. */
function readyOf({ status }: GameServer): GameServerState {
  return GAME_SERVER_STATES[status.state].held && status.address !== "" ? "Ready" : "RequestReady";
}

function decideHealthReport(
  server: GameServer,
  health: NonNullable<GameServerStatus["health"]>,
): SdkDecision | undefined {
  if (health === server.status.health) return undefined;
  if (health !== "unhealthy")
    return changed(
      server,
      { status: { health } },
      health === "unknown" ? "HealthUnknown" : "Updated",
      `health is ${health}`,
    );
  const { failureThreshold, periodSeconds } = server.spec.health;
  const message = `no health ping for ${failureThreshold} periods of ${periodSeconds} s`;
  return become(server, "Unhealthy", "HealthFailed", message, { health });
}

type StatusPatch = {
  readonly reservedUntil?: string | null;
  readonly health?: string;
  readonly lastSdkCall?: string;
};

function become(
  server: GameServer,
  state: GameServerState,
  because: Reason,
  message: string,
  more: StatusPatch = {},
  annotations?: object,
): SdkDecision {
  const why =
    GAME_SERVER_STATES[state].counts === "up"
      ? { reason: null, message: null }
      : { reason: because, message };
  // Rooms were made on it while it was Allocated: what it is next, it is without them.
  const rooms = state === "Allocated" ? {} : { rooms: null };
  const status = changesOf({ state, ...why, ...rooms, ...more }, server.status);
  const delta = annotations ? { status, metadata: { annotations } } : { status };
  return changed(server, delta, because, message);
}

/** Without members that take away what is not there: each is carried to the journal, to every watch and to the node. */
function changesOf(patch: Record<string, unknown>, status: object): object {
  return Object.fromEntries(
    Object.entries(patch).filter(([key, value]) => value !== null || key in status),
  );
}

const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const ANNOTATION_BYTES_MAX = 65_536;
/** Labels, and annotations, that a game may have set: half of what admission takes, so that others can still write. */
const OWN_ENTRIES_MAX = 128;
/** Characters of their names and values: each change of the server, and each list of its node, carries them all. */
const OWN_LENGTH_MAX = 128 * 1024;

function decideMetadata(
  server: GameServer,
  { verb, key, value }: Extract<SdkVerb, { verb: "label" | "annotation" }>,
): SdkDecision {
  const name = `sdk-${key}`;
  if (!NAME.test(name))
    throw new FleetError(
      "INVALID",
      `${verb} key "${key}" must be at most 59 letters, digits, -, _ or . and end with a letter or digit`,
    );
  if (verb === "label" && !VALUE.test(value))
    throw new FleetError(
      "INVALID",
      `label value "${value}" must be at most 63 letters, digits, -, _ or .`,
    );
  if (value.length > ANNOTATION_BYTES_MAX)
    throw new FleetError(
      "INVALID",
      `annotation value is ${value.length} characters, at most ${ANNOTATION_BYTES_MAX} are kept`,
    );
  const patch = { [SDK_PREFIX + key]: value };
  assertRoom(verb, { ...server.metadata[verb === "label" ? "labels" : "annotations"], ...patch });
  const metadata = verb === "label" ? { labels: patch } : { annotations: patch };
  return changed(server, { metadata }, "SdkRequest", `the game set ${verb} ${SDK_PREFIX}${key}`);
}

function assertRoom(verb: "label" | "annotation", next: Labels): void {
  const own = Object.entries(next).filter(([name]) => name.startsWith(SDK_PREFIX));
  const length = own.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (own.length <= OWN_ENTRIES_MAX && length <= OWN_LENGTH_MAX) return;
  const found = `${own.length} ${verb}s of ${length} characters`;
  const most = `at most ${OWN_ENTRIES_MAX} of ${OWN_LENGTH_MAX} are kept`;
  throw new FleetError("INVALID", `the game would have set ${found}, ${most}`);
}

function changed(server: GameServer, delta: object, because: Reason, message: string): SdkDecision {
  return { server: mergePatch(server, delta), delta, because, message };
}
