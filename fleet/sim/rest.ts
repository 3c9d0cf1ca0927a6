import { containerPlanOf } from "../../core/model/container-plan.ts";
import { FLEET_LABEL, type Fleet, type FleetStatus, SET_LABEL } from "../../core/model/fleet.ts";
import type { GameServer } from "../../core/model/game-server.ts";
import { GAME_SERVER_STATES } from "../../core/model/game-server-state.ts";
import { sameJson } from "../../core/std/json.ts";
import { PLAYERS } from "./game.ts";
import type { Ledger } from "./ledger.ts";
import { unsettledRooms } from "./room-rules.ts";
import type { Scene } from "./scene.ts";

/** So long after its end a reservation may still stand: times are of whole seconds. */
const LATE_MS = 3_000;

/** What is not yet as it must be once nothing goes wrong any more; empty when all has come to rest. */
export function whatIsNotAtRest(scene: Scene): readonly string[] {
  const { ledger } = scene.checker;
  const servers = ledger.list("GameServer");
  if (!scene.plane()) return ["the control plane is down"];
  return [
    ...ledger
      .list("Node")
      .flatMap(({ metadata, status }) => (status.ready ? [] : [`${metadata.name} is not ready`])),
    ...servers.flatMap((server) => unsettled(server, ledger, scene.time.now())),
    ...unsettledRooms(ledger),
    ...ledger.list("Fleet").flatMap((fleet) => unsettledFleet(fleet, servers)),
    ...ledger.list("GameServerSet").flatMap(({ metadata, status }) => {
      const mine = servers.filter((one) => one.metadata.labels?.[SET_LABEL] === metadata.name);
      const { shutdownReplicas: _, ...counts } = status;
      const owner = ledger.resources.get(`Fleet/default/${metadata.labels?.[FLEET_LABEL]}`);
      return [
        ...wrongCounts(`set ${metadata.name}`, counts, mine),
        ...(owner ? [] : [`set ${metadata.name} has no fleet`]),
      ];
    }),
    ...ledger.list("FleetAutoscaler").flatMap(({ spec }) => {
      const fleet = ledger.resources.get(`Fleet/default/${spec.fleetName}`) as Fleet | undefined;
      const { policy } = spec;
      return fleet && policy.type === "Buffer" ? unsettledScale(fleet, policy.buffer, servers) : [];
    }),
    ...scene.nodes.flatMap((node) => wrongContainers(node, servers)),
    ...scene.nodes.flatMap(({ name, waiting }) =>
      waiting > 0 ? [`the door of ${name} still has ${waiting} calls to make`] : [],
    ),
  ];
}

function unsettled(server: GameServer, ledger: Ledger, now: number): string[] {
  const { metadata, status } = server;
  const row = GAME_SERVER_STATES[status.state];
  const set = ledger.resources.get(`GameServerSet/default/${metadata.labels?.[SET_LABEL]}`);
  if (metadata.deletionTimestamp) return [`${metadata.name} is being deleted`];
  const isAlone = metadata.ownerReferences === undefined;
  if (!set && !isAlone) return [`${metadata.name} has no set`];
  const { reservedUntil } = status;
  if (status.state === "Reserved" && reservedUntil && Date.parse(reservedUntil) + LATE_MS < now)
    return [`${metadata.name} is Reserved, which ended at ${reservedUntil}`];
  // Nobody replaces a broken server that belongs to no set.
  if (row.held || status.state === "Ready" || (isAlone && row.counts === "broken")) return [];
  return [`${metadata.name} is ${status.state} (${status.reason ?? "no reason"})`];
}

function unsettledFleet({ metadata, spec, status }: Fleet, servers: readonly GameServer[]) {
  const mine = servers.filter((one) => one.metadata.labels?.[FLEET_LABEL] === metadata.name);
  const alive = mine.filter(isAlive);
  const held = alive.filter((one) => GAME_SERVER_STATES[one.status.state].held);
  // A fleet that is to go waits for nothing but who plays; how long they may is wall time, which may have jumped.
  const wanted = metadata.deletionTimestamp ? held.length : Math.max(spec.replicas, held.length);
  if (metadata.deletionTimestamp && mine.length === 0) return [`fleet ${metadata.name} is to go`];
  const count =
    alive.length === wanted
      ? []
      : [`fleet ${metadata.name} has ${alive.length} servers, ${wanted} are wanted`];
  const old = alive.filter(
    (one) =>
      !GAME_SERVER_STATES[one.status.state].held &&
      one.metadata.labels?.version !== spec.template.metadata?.labels?.version,
  );
  return [
    ...count,
    ...wrongCounts(`fleet ${metadata.name}`, status, mine),
    ...old.map((one) => `${one.metadata.name} is of an old version`),
  ];
}

function wrongCounts(what: string, status: FleetStatus, servers: readonly GameServer[]): string[] {
  const alive = servers.filter(isAlive);
  const inState = (state: string): number =>
    alive.filter((one) => one.status.state === state).length;
  const counted = {
    replicas: alive.length,
    readyReplicas: inState("Ready"),
    reservedReplicas: inState("Reserved"),
    allocatedReplicas: inState("Allocated"),
  };
  const { replicas, readyReplicas, reservedReplicas, allocatedReplicas } = status;
  const said = { replicas, readyReplicas, reservedReplicas, allocatedReplicas };
  return sameJson(counted, said)
    ? []
    : [`${what} says ${JSON.stringify(said)} and has ${JSON.stringify(counted)}`];
}

function unsettledScale(
  { metadata, spec }: Fleet,
  buffer: { bufferSize: number | string; minReplicas: number; maxReplicas: number },
  servers: readonly GameServer[],
): string[] {
  const allocated = servers.filter(
    (one) =>
      isAlive(one) &&
      one.status.state === "Allocated" &&
      one.metadata.labels?.[FLEET_LABEL] === metadata.name,
  ).length;
  const wanted = Math.max(
    buffer.minReplicas,
    Math.min(buffer.maxReplicas, allocated + Number(buffer.bufferSize)),
  );
  return spec.replicas === wanted
    ? []
    : [`fleet ${metadata.name} has ${spec.replicas} replicas, its autoscaler wants ${wanted}`];
}

/** No container of nobody, no server without its container. */
function wrongContainers(
  { name, machine }: Scene["nodes"][number],
  servers: readonly GameServer[],
): string[] {
  const wanted = servers.filter(
    (server) => server.status.nodeName === name && containerPlanOf(server) !== undefined,
  );
  const uids = new Set(wanted.map(({ metadata }) => metadata.uid));
  const running = new Set(machine.running().map(({ subject }) => subject.uid));
  const alone = [...running].filter((uid) => !uids.has(uid));
  const miscounted = machine.games().filter(({ subject, players }) => {
    const server = wanted.find(({ metadata }) => metadata.uid === subject.uid);
    return server && server.status.counters?.[PLAYERS]?.count !== players;
  });
  const missing = wanted.filter(({ metadata }) => !running.has(metadata.uid));
  return [
    ...alone.map((uid) => `${name} runs a container of nobody (${uid})`),
    ...missing.map(({ metadata }) => `${name} runs no container for ${metadata.name}`),
    ...miscounted.map(
      ({ subject, players }) =>
        `${subject.name} has ${players} players, its Counter says otherwise`,
    ),
    ...(machine.containers > running.size ? [`${name} has remains of containers`] : []),
  ];
}

function isAlive({ metadata, status }: GameServer): boolean {
  const { counts } = GAME_SERVER_STATES[status.state];
  return !metadata.deletionTimestamp && (counts === "starting" || counts === "up");
}
