import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Container } from "../../core/model/container.ts";
import { type GameServer, NODE_LOSS } from "../../core/model/game-server.ts";
import {
  GAME_SERVER_STATE_NAMES,
  GAME_SERVER_STATES,
  type GameServerState,
  mayBecome,
} from "../../core/model/game-server-state.ts";
import type { Node } from "../../core/model/node.ts";
import { decideContainer } from "./container.ts";
import { decideDrain } from "./drain.ts";
import { decideGameServer } from "./game-server.ts";
import { decideNodeStage, LOST, NOT_READY, READY, statusAtStage, takesTheSame } from "./node.ts";
import { decideNodeLoss } from "./node-loss.ts";

const BOUNDS = {
  notReadyAfterMs: 10_000,
  lostAfterMs: 30_000,
  settleMs: 5_000,
  settleMaxMs: 60_000,
};
const OWNER = { ownerReferences: [{ controller: true }] };

function server(state: GameServerState, given: object = {}, metadata: object = OWNER): GameServer {
  return {
    kind: "GameServer",
    metadata: { name: "gs", namespace: "default", ...metadata },
    spec: { ports: [] },
    status: { state, nodeName: "a", address: "127.0.0.1", ...given },
  } as unknown as GameServer;
}
function node(spec: object = {}, status: object = {}, labels: object = {}): Node {
  const portRange = { min: 1, max: 2 };
  const capacity = { cpuMilli: 1, memoryBytes: 1 };
  return {
    metadata: { name: "a", labels },
    spec: { unschedulable: false, ...spec },
    status: { ready: true, heartbeatAt: "", portRange, capacity, ...status },
  } as unknown as Node;
}

describe("how a node counts", () => {
  it.each([
    ["is Ready while its heartbeats come", [9_999, 0, 0], READY],
    ["is not ready after some were missed", [10_000, 60_000, 0], NOT_READY],
    ["is lost after many", [30_000, 60_000, 0], LOST],
    ["is Ready at once after one silence", [0, 0, 1], READY],
    ["must be heard for a while after two", [0, 4_999, 2], NOT_READY],
    ["is Ready when it was heard for that while", [0, 5_000, 2], READY],
    ["must be heard for longer after more", [0, 19_999, 4], NOT_READY],
    ["is never waited for longer than the bound", [0, 60_000, 16], READY],
  ] as const)("%s", (_, [silentMs, steadyMs, silences], stage) => {
    expect(decideNodeStage({ silentMs, steadyMs, silences }, BOUNDS)).toBe(stage);
  });

  it("is told in words that stay the same until it changes", () => {
    const status = node().status;
    const at = (silentMs: number, silences: number, stage: 0 | 1 | 2) =>
      statusAtStage(status, stage, { silentMs, steadyMs: 0, silences }, BOUNDS);
    expect(at(12_345, 1, NOT_READY)).toMatchObject({
      ready: false,
      message: "no heartbeat for 10 s",
    });
    expect(at(40_000, 1, LOST)).toMatchObject({ lost: true, message: "no heartbeat for 30 s" });
    expect(at(0, 3, NOT_READY).message).toBe(
      "fell silent 3 times lately: its heartbeats must come for 10 s first",
    );
    expect(at(0, 3, READY)).toEqual({ ...status, ready: true });
  });

  it("concerns what waits for a place only when it takes something else than before", () => {
    expect(takesTheSame(node(), node({}, { heartbeatAt: "later", used: {} }))).toBe(true);
    expect(takesTheSame(node(), node({ unschedulable: true }))).toBe(false);
    expect(takesTheSame(node(), node({}, {}, { zone: "x" }))).toBe(false);
    expect(takesTheSame(node(), node({}, { capacity: { cpuMilli: 2, memoryBytes: 1 } }))).toBe(
      false,
    );
  });
});

describe("a server whose node is cut off", () => {
  const keep = { ...OWNER, annotations: { [NODE_LOSS]: "keep" } };
  const stop = { ...OWNER, annotations: { [NODE_LOSS]: "stop" } };
  it.each([
    ["is not handed out while the node is silent", server("Ready"), NOT_READY, "RequestReady"],
    ["waits, when it was not Ready yet", server("Starting"), NOT_READY, "tell NodeNotReady"],
    ["is replaced when the node is lost", server("Ready"), LOST, "Unhealthy"],
    ["is replaced after it was taken back before", server("RequestReady"), LOST, "Unhealthy"],
    ["is replaced under the policy stop, too", server("Ready", {}, stop), LOST, "Unhealthy"],
    ["is kept under the policy keep", server("RequestReady", {}, keep), LOST, "tell NodeLost"],
    ["is kept when nobody would make another", server("Scheduled", {}, {}), LOST, "tell NodeLost"],
    ["is left to its players", server("Allocated"), LOST, "tell NodeLost"],
    ["is not told twice", server("Allocated", { reason: "NodeLost" }), LOST, "nothing"],
    ["is well again when the node is", server("Allocated", { reason: "NodeLost" }), READY, "tell"],
    ["stays broken when it was broken before", server("Unhealthy"), LOST, "nothing"],
  ] as const)("%s", (_, one, stage, expected) => {
    const action = decideNodeLoss(one, stage);
    if (!action) expect("nothing").toBe(expected);
    else if (action.do === "leaveState") expect(action.state).toBe(expected);
    else expect(["tell", action.because ?? []].flat().join(" ")).toBe(expected);
  });

  it("never leaves a state that players hold, and makes no move that the table forbids", () => {
    const stages = fc.constantFrom(READY, NOT_READY, LOST);
    const policies = fc.constantFrom("keep", "replace", "stop", "nonsense");
    fc.assert(
      fc.property(
        fc.constantFrom(...GAME_SERVER_STATE_NAMES),
        stages,
        policies,
        (state, stage, p) => {
          const one = server(state, {}, { ...OWNER, annotations: { [NODE_LOSS]: p } });
          const action = decideNodeLoss(one, stage);
          if (action?.do !== "leaveState") return;
          expect(GAME_SERVER_STATES[state].held).toBe(false);
          expect(mayBecome(state, action.state)).toBe(true);
        },
      ),
    );
  });

  it("comes back to Ready only when its node does, and is gone with a Node that was deleted", () => {
    const facts = { ownerExists: true, reservedLeftMs: undefined };
    const back = server("RequestReady", { reason: "NodeNotReady" });
    expect(decideGameServer(back, { ...facts, node: READY })).toMatchObject({ do: "tell" });
    const told = server("RequestReady");
    expect(decideGameServer(told, { ...facts, node: READY })).toMatchObject({ state: "Ready" });
    expect(
      decideGameServer(server("RequestReady", { reason: "NodeNotReady" }), {
        ...facts,
        node: NOT_READY,
      }),
    ).toBeUndefined();
    expect(decideGameServer(server("Allocated"), { ...facts, node: "gone" })).toEqual({
      do: "remove",
      because: "NodeGone",
    });
  });
});

describe("a drain", () => {
  const named = (one: GameServer, name: string): GameServer => ({
    ...one,
    metadata: { ...one.metadata, name },
  });
  const servers = [
    named(server("Ready"), "free"),
    named(server("Allocated"), "held"),
    named(server("Ready", {}, {}), "alone"),
    named(server("Ready", {}, { ...OWNER, deletionTimestamp: "x" }), "leaving"),
  ];
  const ends = (drain: object | undefined, isOver = false): string[] =>
    decideDrain(node(drain ? { drain } : {}), servers, [], isOver).end.map((s) => s.metadata.name);

  it("lets held servers, and those that nobody would make anew, stay until the deadline", () => {
    expect(ends(undefined)).toEqual([]);
    expect(ends({})).toEqual(["free"]);
    const deadline = "1970-01-01T00:00:10Z";
    expect(ends({ deadline })).toEqual(["free"]);
    expect(ends({ deadline }, true)).toEqual(["free", "held", "alone"]);
    expect(decideDrain(node({ drain: {} }), servers, [], false).stays).toBe(4);
  });

  it("never ends a held server without a deadline, whatever is there", () => {
    const states = fc.array(fc.constantFrom(...GAME_SERVER_STATE_NAMES));
    fc.assert(
      fc.property(states, (all) => {
        const { end } = decideDrain(
          node({ drain: {} }),
          all.map((s) => server(s)),
          [],
          false,
        );
        expect(end.filter(({ status }) => GAME_SERVER_STATES[status.state].held)).toEqual([]);
      }),
    );
  });

  it("moves Containers that are not tied to the node, once", () => {
    const container = (spec: object, status: object = {}): Container =>
      ({
        metadata: {},
        spec: { running: true, ...spec },
        status: { phase: "Running", nodeName: "a", ...status },
      }) as unknown as Container;
    const free = container({});
    const all = [
      free,
      container({ nodeName: "a" }),
      container({ volumes: [{ name: "v", named: { volume: "v" } }] }),
      container({}, { moving: true }),
      container({}, { phase: "Exited" }),
      container({ running: false }),
    ];
    const drain = decideDrain(node({ drain: {} }), [], all, false);
    expect(drain.move).toEqual([free]);
    expect(drain.stays).toBe(2);
  });

  it("leaves a Container nowhere when its Node was deleted", () => {
    const there = {
      metadata: {},
      spec: { running: true },
      status: { nodeName: "a" },
    } as unknown as Container;
    expect(decideContainer(there, false)).toBeUndefined();
    expect(decideContainer(there, true)).toEqual({ do: "unplace" });
    const leaving = { ...there, metadata: { ...there.metadata, deletionTimestamp: "x" } };
    expect(decideContainer(leaving, true)).toEqual({ do: "remove" });
  });
});
