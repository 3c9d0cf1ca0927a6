import { DRAINING_SINCE, FLEET_LABEL, SET_LABEL } from "../../core/model/fleet.ts";
import { type GameServer, LAST_ALLOCATED } from "../../core/model/game-server.ts";
import type { Ledger } from "./ledger.ts";

export interface Circumstances {
  readonly ledger: Ledger;
  /** Wall time. */
  readonly now: number;
  /** What games, machines and people did, by the uid that it was done to. */
  readonly causes: ReadonlyMap<string, string>;
}

/** Times are of whole seconds, and a clock may have jumped since a decision was made. */
const SLACK_MS = 1_000;

/** Why it is right that a server ends, whether players hold it or not; undefined when nothing is known. */
export function causeOf(
  was: GameServer,
  is: GameServer | undefined,
  seen: Circumstances,
): string | undefined {
  const { ledger, causes } = seen;
  const known = causes.get(was.metadata.uid);
  if (known !== undefined) return known;
  if (isFleetGone(was, ledger)) return "its fleet was deleted";
  const { nodeName } = was.status;
  const node = ledger.resources.get(`Node//${nodeName}`);
  if (nodeName !== "" && node?.kind !== "Node") return "its node was deleted";
  if (node?.kind === "Node" && isPast(node.spec.drain?.deadline, 0, seen))
    return "its node's drain is over";
  return is && deadlineCause(is, seen);
}

/** Why a server that nobody holds may end besides. */
export function lossCauseOf(is: GameServer, { ledger }: Circumstances): string | undefined {
  const node = ledger.resources.get(`Node//${is.status.nodeName}`);
  const isLost = node?.kind === "Node" && node.status.lost === true;
  return isLost && is.status.reason === "NodeLost" ? "its node is lost" : undefined;
}

function deadlineCause(is: GameServer, seen: Circumstances): string | undefined {
  const { annotations, labels, namespace } = is.metadata;
  const fleet = seen.ledger.resources.get(`Fleet/${namespace}/${labels?.[FLEET_LABEL]}`);
  if (fleet?.kind !== "Fleet") return undefined;
  const { drainSeconds, maxSessionAgeSeconds } = fleet.spec;
  const { reason } = is.status;
  if (reason === "DrainDeadline" && isPast(annotations?.[DRAINING_SINCE], drainSeconds, seen))
    return "it has drained for so long";
  if (
    reason === "SessionAgeReached" &&
    isPast(annotations?.[LAST_ALLOCATED], maxSessionAgeSeconds, seen)
  )
    return "its session is so old";
  return undefined;
}

function isPast(
  since: string | undefined,
  seconds: number | undefined,
  { now }: Circumstances,
): boolean {
  if (since === undefined || seconds === undefined) return false;
  return Date.parse(since) + seconds * 1_000 <= now + SLACK_MS;
}

function isFleetGone({ metadata }: GameServer, ledger: Ledger): boolean {
  const set = metadata.labels?.[SET_LABEL];
  const fleet = metadata.labels?.[FLEET_LABEL];
  if (set === undefined || fleet === undefined) return false;
  const kept = ledger.resources.get(`GameServerSet/${metadata.namespace}/${set}`);
  const owner = ledger.resources.get(`Fleet/${metadata.namespace}/${fleet}`);
  return !kept?.metadata.ownerReferences?.some(({ uid }) => uid === owner?.metadata.uid);
}
