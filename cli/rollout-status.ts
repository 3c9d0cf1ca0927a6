import { FLEET_LABEL, type Fleet, type GameServerSet, SET_LABEL } from "../core/model/fleet.ts";
import type { GameServer } from "../core/model/game-server.ts";
import type { Clock } from "../core/std/clock.ts";
import { FleetError } from "../core/std/errors.ts";
import { sameJson } from "../core/std/json.ts";
import type { ApiClient } from "./api-client.ts";
import type { Io } from "./io.ts";
import { type RolloutProgress, rolloutProgress } from "./rollout-progress.ts";

export interface FollowRollout {
  readonly io: Io;
  readonly api: ApiClient;
  readonly clock: Clock;
  readonly namespace: string;
  readonly name: string;
  /** Milliseconds; 0 waits for ever. */
  readonly timeoutMs: number;
  readonly wait: boolean;
}
const PAUSE_MS = 250;

/**
 * Prints every step of a rollout once, and resolves at its end. Throws TIMEOUT when it takes too long (with what is
 * wrong with the new servers, if something is), FAILED_PRECONDITION when it is paused or its fleet is being deleted.
 */
export async function followRollout(follow: FollowRollout): Promise<void> {
  const { io, clock, timeoutMs, wait } = follow;
  const began = clock.monotonic();
  let said = "";
  for (;;) {
    io.signal.throwIfAborted();
    const { progress, active } = await look(follow);
    if (progress.sentence !== said) io.out(`${progress.sentence}\n`);
    said = progress.sentence;
    if (!wait || progress.stage === "ended") return;
    if (progress.stage !== "rolling") throw stopped(follow.name, progress);
    if (timeoutMs > 0 && clock.monotonic() - began >= timeoutMs)
      throw await tooLate(follow, progress, active);
    await clock.sleep(PAUSE_MS, io.signal);
  }
}

async function look({ api, namespace, name }: FollowRollout): Promise<{
  readonly progress: RolloutProgress;
  readonly active: GameServerSet | undefined;
}> {
  const query = { labelSelector: `${FLEET_LABEL}=${name}` };
  const fleet = (await api.get({ kind: "Fleet", namespace, name })) as unknown as Fleet;
  const list = await api.list({ kind: "GameServerSet", namespace, query });
  const sets = list.items as unknown as GameServerSet[];
  const active = sets.find((set) => sameJson(set.spec.template, fleet.spec.template));
  return { progress: rolloutProgress(fleet, sets), active };
}

function stopped(name: string, { stage }: RolloutProgress): FleetError {
  return stage === "paused"
    ? new FleetError("FAILED_PRECONDITION", `the rollout of fleet ${name} is paused`, {
        next: `flotilla rollout resume fleet/${name}`,
      })
    : new FleetError("FAILED_PRECONDITION", `fleet ${name} is being deleted`, {
        next: `flotilla describe fleet/${name}`,
      });
}

async function tooLate(
  { api, namespace, name, timeoutMs }: FollowRollout,
  { sentence }: RolloutProgress,
  active: GameServerSet | undefined,
): Promise<FleetError> {
  const trouble = active ? await troubleOf(api, namespace, active.metadata.name) : "";
  const seconds = timeoutMs / 1_000;
  return new FleetError("TIMEOUT", `not rolled out after ${seconds} s: ${sentence}${trouble}`, {
    next: `flotilla describe fleet/${name} tells why; flotilla rollout undo fleet/${name} takes it back`,
  });
}

/** What a new server that is not there says of itself. */
async function troubleOf(api: ApiClient, namespace: string, set: string): Promise<string> {
  const query = { labelSelector: `${SET_LABEL}=${set}` };
  const { items } = await api.list({ kind: "GameServer", namespace, query });
  const servers = items as unknown as GameServer[];
  const ill = servers.find(({ status }) => status.message);
  return ill ? `; ${ill.metadata.name} is ${ill.status.state}: ${ill.status.message}` : "";
}
