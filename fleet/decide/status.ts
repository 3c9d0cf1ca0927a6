import type { FleetStatus, GameServerSetStatus } from "../../core/model/fleet.ts";
import { aliveOf, type Tally } from "./tally.ts";

/** A set's status out of its tally. */
export function setStatusOf(tally: Tally): GameServerSetStatus {
  return { ...fleetStatusOf(tally), shutdownReplicas: tally.Shutdown };
}

/** A fleet's status out of the tally of all its sets. */
export function fleetStatusOf(tally: Tally): FleetStatus {
  return {
    replicas: aliveOf(tally),
    readyReplicas: tally.Ready,
    reservedReplicas: tally.Reserved,
    allocatedReplicas: tally.Allocated,
  };
}
