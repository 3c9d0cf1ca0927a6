import type { GameServer } from "../../core/model/game-server.ts";
import { GAME_SERVER_STATES, mayBecome } from "../../core/model/game-server-state.ts";
import { type Circumstances, causeOf, lossCauseOf } from "./causes.ts";
import type { Ledger } from "./ledger.ts";
import { isEndOfRooms } from "./room-rules.ts";

/** Counts by uid. */
export interface ReadyCounts {
  readonly said: Map<string, number>;
  readonly used: Map<string, number>;
}

export function countUp(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

export interface ServerChange extends Circumstances {
  readonly was: GameServer | undefined;
  readonly is: GameServer | undefined;
  readonly ready: ReadyCounts;
}
type Wrong = (rule: string, message: string) => void;

/** What holds at every durable change of a game server. */
export function checkServerChange(change: ServerChange, wrong: Wrong): void {
  const { was, is } = change;
  if (was && is) {
    checkMove(was, is, wrong);
    checkCause(was, is, change, wrong);
  }
  checkHeld(change, wrong);
  if (is) checkPorts(is, was, change.ledger, wrong);
  if (was && !is) checkRemoval(was, change.ledger, wrong);
}

function checkMove(was: GameServer, is: GameServer, wrong: Wrong): void {
  if (!mayBecome(was.status.state, is.status.state))
    wrong(
      "a state moves only along its table",
      `${is.metadata.name} went from ${was.status.state} to ${is.status.state}`,
    );
  if (was.metadata.uid !== is.metadata.uid)
    wrong("a life keeps its uid", `${is.metadata.name} changed its uid`);
  if (was.metadata.deletionTimestamp && !is.metadata.deletionTimestamp)
    wrong("who is being deleted stays so", `${is.metadata.name} was revived`);
  if (was.status.nodeName !== "" && was.status.nodeName !== is.status.nodeName)
    wrong("a placed server stays on its node", `${is.metadata.name} moved`);
}

/** What a server becomes by its game or its machine has happened there: nothing comes from another life of the name. */
function checkCause(was: GameServer, is: GameServer, change: ServerChange, wrong: Wrong): void {
  const [before, after] = [was.status.state, is.status.state];
  const { uid, name } = is.metadata;
  if (before === after || isEndOfRooms(was, is, change.ledger)) return;
  const { counts } = GAME_SERVER_STATES[after];
  const isOver = counts === "broken" || counts === "leaving";
  if (isOver && !causeOf(was, is, change) && !lossCauseOf(is, change))
    wrong(
      "a server ends for a cause of its own",
      `${name} went from ${before} to ${after} (${is.status.reason ?? "no reason"})`,
    );
  const isAgain = GAME_SERVER_STATES[before].held && was.status.reservedUntil === undefined;
  const isSaid = GAME_SERVER_STATES[before].counts === "starting" || isAgain;
  if ((after !== "RequestReady" && after !== "Ready") || !isSaid) return;
  const { said, used } = change.ready;
  countUp(used, uid);
  if ((used.get(uid) ?? 0) > (said.get(uid) ?? 0))
    wrong(
      "a server is Ready when its game says so, once each time",
      `${name} went from ${before} to ${after}`,
    );
}

/** A held server ends only by an explicit delete, its own end, failed health, or with its fleet. */
function checkHeld({ was, is, ...seen }: ServerChange, wrong: Wrong): void {
  if (!was || !GAME_SERVER_STATES[was.status.state].held || was.metadata.deletionTimestamp) return;
  const ends =
    !is ||
    is.metadata.deletionTimestamp !== undefined ||
    GAME_SERVER_STATES[is.status.state].counts === "broken" ||
    GAME_SERVER_STATES[is.status.state].counts === "leaving";
  if (!ends || causeOf(was, is, seen)) return;
  wrong(
    "a held server is never ended by the platform",
    `${was.metadata.name} was ${was.status.state} and is ${is?.status.state ?? "gone"} (${is?.status.reason ?? "no reason"})`,
  );
}

function checkPorts(
  is: GameServer,
  was: GameServer | undefined,
  ledger: Ledger,
  wrong: Wrong,
): void {
  const { nodeName, ports } = is.status;
  if (nodeName === "" || was?.status.nodeName === nodeName) return;
  const mine = new Set(ports.map(({ port }) => port));
  for (const other of ledger.list("GameServer")) {
    if (other.metadata.uid === is.metadata.uid || other.status.nodeName !== nodeName) continue;
    const same = other.status.ports.find(({ port }) => mine.has(port));
    if (same)
      wrong(
        "a port is never given twice on a node",
        `${nodeName}:${same.port} is ${other.metadata.name}'s and ${is.metadata.name}'s`,
      );
  }
}

function checkRemoval({ metadata, status }: GameServer, ledger: Ledger, wrong: Wrong): void {
  if (!ledger.resources.has(`Node//${status.nodeName}`)) return;
  if (metadata.deletionTimestamp || status.state === "Shutdown" || status.nodeName === "") return;
  wrong("nothing goes without being deleted first", `${metadata.name} went while ${status.state}`);
}
