import { describe, expect, it } from "vitest";
import type { GameServer } from "../../core/model/game-server.ts";
import {
  GAME_SERVER_STATE_NAMES,
  GAME_SERVER_STATES,
  type GameServerState,
  mayBecome,
} from "../../core/model/game-server-state.ts";
import type { Report, SdkVerb } from "../../core/model/link.ts";
import { decideGameServer } from "./game-server.ts";
import { decideGameServerReport } from "./report.ts";
import { decideSdkCall } from "./sdk-call.ts";

const TIME = {
  now: "2026-01-01T00:00:00Z",
  after: (s: number) => `2026-01-01T00:00:${`${s}`.padStart(2, "0")}Z`,
};
const NODE = { address: "127.0.0.1", addresses: [{ type: "InternalIP", address: "127.0.0.1" }] };

function serverIn(state: GameServerState, more: object = {}, metadata: object = {}): GameServer {
  const health = { disabled: false, initialDelaySeconds: 5, periodSeconds: 5, failureThreshold: 3 };
  return {
    kind: "GameServer",
    metadata: { name: "gs", namespace: "default", uid: "u", ...metadata },
    spec: { health, ports: [] },
    status: { state, nodeName: "a", address: "127.0.0.1", ports: [], addresses: [], ...more },
  } as unknown as GameServer;
}
const report = (more: Partial<Report>): Report => ({
  subject: { kind: "GameServer", namespace: "default", name: "gs", uid: "u" },
  seen: "running",
  id: "1",
  ...more,
});
describe("decideGameServer", () => {
  const facts = { ownerExists: true, reservedLeftMs: undefined, node: 0 } as const;
  it.each([
    [
      "is placed while it has no node",
      serverIn("PortAllocation", { nodeName: "" }),
      facts,
      { do: "place" },
    ],
    [
      "becomes Ready once its address is known",
      serverIn("RequestReady"),
      facts,
      { do: "become", state: "Ready" },
    ],
    [
      "waits for its address before Ready",
      serverIn("RequestReady", { address: "" }),
      facts,
      undefined,
    ],
    [
      "goes with its set",
      serverIn("Ready"),
      { ...facts, ownerExists: false },
      { do: "beginDeletion" },
    ],
    [
      "is removed when no node has it",
      serverIn("Shutdown", { nodeName: "" }),
      facts,
      { do: "remove" },
    ],
    ["waits for its node to let go", serverIn("Shutdown"), facts, undefined],
    [
      "returns when its reservation ends",
      serverIn("Reserved"),
      { ...facts, reservedLeftMs: 0 },
      { do: "become", state: "RequestReady" },
    ],
    ["stays reserved without an end", serverIn("Reserved"), facts, undefined],
    [
      "is Ready at once when it is a development server",
      serverIn(
        "Creating",
        { nodeName: "" },
        { annotations: { "agones.dev/dev-address": "10.0.0.1" } },
      ),
      facts,
      { do: "become", state: "Ready" },
    ],
  ] as const)("%s", (_, server, given, expected) => {
    const action = decideGameServer(server, given);
    if (expected) expect(action).toMatchObject(expected);
    else expect(action).toBeUndefined();
  });
});

describe("decideGameServerReport", () => {
  const fate = (state: GameServerState, more: Partial<Report>, metadata: object = {}) => {
    const decision = decideGameServerReport(serverIn(state, {}, metadata), report(more), NODE);
    return decision.do === "update" ? [decision.status.state, decision.because] : [decision.do];
  };
  it.each([
    ["runs: Scheduled", "Starting", {}, ["Scheduled", "Started"]],
    [
      "exit 0 is a Shutdown",
      "Allocated",
      { seen: "exited", exitCode: 0 },
      ["Shutdown", "Completed"],
    ],
    [
      "another exit is Unhealthy",
      "Ready",
      { seen: "exited", exitCode: 7 },
      ["Unhealthy", "Exited"],
    ],
    [
      "out of memory is Unhealthy and says so",
      "Ready",
      { seen: "exited", signal: "KILL", oomKilled: true },
      ["Unhealthy", "OOMKilled"],
    ],
    [
      "a failed start is an Error",
      "Starting",
      { seen: "failed", reason: "ImageMissing" },
      ["Error", "ImageMissing"],
    ],
    [
      "a container that is gone is Unhealthy",
      "Ready",
      { seen: "removed" },
      ["Unhealthy", "ContainerGone"],
    ],
    ["adopted again: stays Allocated", "Allocated", { adopted: true }, ["Allocated", "Adopted"]],
  ] as const)("%s", (_, state, more, expected) => {
    expect(fate(state, more as Partial<Report>)).toEqual(expected);
  });
  it("removes what is leaving when its node has let go of it", () => {
    expect(fate("Shutdown", { seen: "removed" })).toEqual(["remove"]);
    expect(fate("Ready", { seen: "removed" }, { deletionTimestamp: "x" })).toEqual(["remove"]);
  });
  it("only makes moves that the table allows", () => {
    for (const state of GAME_SERVER_STATE_NAMES)
      for (const seen of ["starting", "running", "exited", "failed", "removed"] as const) {
        const decision = decideGameServerReport(
          serverIn(state),
          report({ seen, exitCode: 1 }),
          NODE,
        );
        if (decision.do === "update") expect(mayBecome(state, decision.status.state)).toBe(true);
      }
  });
});

describe("decideSdkCall", () => {
  const VERBS: SdkVerb[] = [
    { verb: "ready" },
    { verb: "allocate" },
    { verb: "shutdown" },
    { verb: "reserve", seconds: 5 },
    { verb: "health", health: "unhealthy" },
  ];
  it("only makes moves that the table allows", () => {
    for (const state of GAME_SERVER_STATE_NAMES)
      for (const verb of VERBS) {
        const decision = decideSdkCall(serverIn(state), verb, TIME);
        if (decision)
          expect(
            `${state}>${decision.server.status.state} ${mayBecome(state, decision.server.status.state)}`,
          ).toContain("true");
      }
  });
  it("keeps so many labels and annotations of a game, and so much of them, that others can still write", () => {
    let server = serverIn("Ready", {}, { annotations: { person: "x".repeat(200_000) } });
    const say = (verb: "label" | "annotation", key: string, value: string): void => {
      server = decideSdkCall(server, { verb, key, value }, TIME)?.server ?? server;
    };
    for (let i = 0; i < 128; i++) say("label", `k${i}`, "v");
    expect(() => say("label", "one-more", "v")).toThrow("129 labels of");
    say("label", "k7", "w");
    say("annotation", "long", "x".repeat(65_000));
    say("annotation", "longer", "x".repeat(65_000));
    expect(() => say("annotation", "longest", "x".repeat(2_000))).toThrow("3 annotations of");
    say("annotation", "longer", "short");
    say("annotation", "longest", "x".repeat(2_000));
    expect(Object.keys(server.metadata.labels ?? {})).toHaveLength(128);
  });
  it("drops changes of a broken or leaving server without an error", () => {
    for (const state of ["Unhealthy", "Error", "Shutdown"] as const)
      expect(decideSdkCall(serverIn(state), { verb: "ready" }, TIME)).toBeUndefined();
    expect(GAME_SERVER_STATES.Unhealthy.counts).toBe("broken");
  });
  it("stamps the time on Allocate, as clients expect", () => {
    const decision = decideSdkCall(serverIn("Ready"), { verb: "allocate" }, TIME);
    expect(decision?.server.metadata.annotations).toEqual({
      "agones.dev/last-allocated": TIME.now,
    });
  });
  it("sets and clears the end of a reservation", () => {
    const reserved = decideSdkCall(serverIn("Ready"), { verb: "reserve", seconds: 9 }, TIME);
    expect(reserved?.server.status.reservedUntil).toBe("2026-01-01T00:00:09Z");
    const back = reserved && decideSdkCall(reserved.server, { verb: "ready" }, TIME);
    expect(back?.server.status).not.toHaveProperty("reservedUntil");
  });
  it.each([
    ["a first Ready is looked at by the controller", "Scheduled", {}, "RequestReady"],
    ["an Allocated server comes back at once", "Allocated", {}, "Ready"],
    ["a Reserved server comes back at once", "Reserved", {}, "Ready"],
    ["without an address it waits for one", "Allocated", { address: "" }, "RequestReady"],
  ] as const)("Ready: %s", (_, state, more, expected) => {
    const decision = decideSdkCall(serverIn(state, more), { verb: "ready" }, TIME);
    expect(decision?.server.status.state).toBe(expected);
  });
  it.each(["Scheduled", "Allocated"] as const)(
    "does not end the hold of the next player when the same Ready of a %s server comes again",
    (state) => {
      const ready = { verb: "ready", id: "call-1" } as const;
      const back = decideSdkCall(serverIn(state), ready, TIME)?.server;
      if (!back) throw new Error("the first call changed nothing");
      const next = { ...back, status: { ...back.status, state: "Allocated" as const } };
      expect(decideSdkCall(next, ready, TIME)).toBeUndefined();
      // Its game may have made other calls before an older copy of this one arrives.
      const lastSdkCall = `${next.status.lastSdkCall} call-1b`;
      const later = { ...next, status: { ...next.status, lastSdkCall } };
      expect(decideSdkCall(later, ready, TIME)).toBeUndefined();
      const own = decideSdkCall(next, { ...ready, id: "call-2" }, TIME);
      expect(own?.server.status.state).toBe("Ready");
    },
  );
  it("prefixes labels and refuses what is no label", () => {
    const call = { verb: "label", key: "map", value: "dust" } as const;
    expect(decideSdkCall(serverIn("Ready"), call, TIME)?.server.metadata.labels).toEqual({
      "agones.dev/sdk-map": "dust",
    });
    expect(() => decideSdkCall(serverIn("Ready"), { ...call, value: "a b" }, TIME)).toThrow(
      "label value",
    );
    expect(() => decideSdkCall(serverIn("Ready"), { ...call, key: "a/b" }, TIME)).toThrow(
      "label key",
    );
  });
});
