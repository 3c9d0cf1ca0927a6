import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GameServer } from "../../core/model/game-server.ts";
import { mergePatch } from "../../core/std/json.ts";
import { decideOverflow, isDraining, type OverflowInput } from "./overflow.ts";
import { decideSdkCall } from "./sdk-call.ts";

const NOW = "2026-01-01T00:00:00Z";
const OVERFLOW = { labels: { colour: "old" }, annotations: { note: "drain" } };

function serverIn(name: string, state: string, metadata: object = {}): GameServer {
  return { metadata: { name, ...metadata }, status: { state } } as unknown as GameServer;
}
const allocated = (names: string, metadata: object = {}): GameServer[] =>
  names.split(" ").map((name) => serverIn(name, "Allocated", metadata));
const input = (more: Partial<OverflowInput>): OverflowInput => ({
  held: [],
  draining: [],
  replicas: 0,
  overflow: undefined,
  drains: 0,
  now: NOW,
  changesMax: 64,
  ...more,
});
const said = (more: Partial<OverflowInput>) =>
  decideOverflow(input(more)).map((c) => `${c.server.metadata.name} ${c.because}`);

describe("decideOverflow", () => {
  it("labels as many Allocated servers as are beyond the replicas", () => {
    const given = { held: allocated("a b c"), replicas: 1, overflow: OVERFLOW };
    expect(
      decideOverflow(input(given)).map(({ server, metadata }) => [server.metadata.name, metadata]),
    ).toEqual([
      ["a", OVERFLOW],
      ["b", OVERFLOW],
    ]);
  });
  it("counts those that have all of its labels and annotations already", () => {
    const marked = allocated("a", OVERFLOW);
    const half = allocated("b", { labels: OVERFLOW.labels });
    const held = [...half, ...marked, ...allocated("c")];
    expect(said({ held, replicas: 1, overflow: OVERFLOW })).toEqual(["b Overflow"]);
    expect(said({ held, replicas: 2, overflow: OVERFLOW })).toEqual([]);
  });
  it("leaves Reserved servers and a set without overflow alone", () => {
    const held = [serverIn("a", "Reserved"), serverIn("b", "Allocated")];
    expect(said({ held, overflow: OVERFLOW })).toEqual(["b Overflow"]);
    expect(said({ held, overflow: {} })).toEqual([]);
    expect(said({ held })).toEqual([]);
  });
  it("lets as many held servers drain as are asked for, the same ones every time", () => {
    const held = [serverIn("a", "Reserved"), ...allocated("b c")];
    expect(said({ held, drains: 2 })).toEqual(["a Draining", "b Draining"]);
    const annotations = { "flotilla.dev/draining-since": NOW };
    const told = [...allocated("z"), ...allocated("c", { annotations })];
    expect(said({ held: told, drains: 1 })).toEqual([]);
    expect(said({ held: told, drains: 2 })).toEqual(["z Draining"]);
  });
  it("takes the drain back when the set has grown again", () => {
    const annotations = { "flotilla.dev/draining-since": NOW };
    const [change, ...more] = decideOverflow(
      input({ held: allocated("a b", { annotations }), drains: 1 }),
    );
    expect(more).toEqual([]);
    expect(change?.server.metadata.name).toBe("b");
    expect(
      isDraining(
        mergePatch(serverIn("b", "Allocated", { annotations }), { metadata: change?.metadata }),
      ),
    ).toBe(false);
  });
  it("is taken from a server that is not held any more, and left to one that ends", () => {
    const annotations = { "flotilla.dev/draining-since": NOW };
    const draining = ["Ready", "Allocated", "Shutdown"].map((state) =>
      serverIn(state, state, { annotations }),
    );
    const [change, ...more] = decideOverflow(
      input({ held: draining.slice(1, 2), draining, drains: 1 }),
    );
    expect([change?.server.metadata.name, more]).toEqual(["Ready", []]);
  });
  it("ends with the hold: a game that calls Ready gives the next one a time of its own", () => {
    const annotations = { "flotilla.dev/draining-since": NOW, other: "stays" };
    const server = serverIn("a", "Allocated", { annotations });
    const ready = {
      verb: "ready",
      subject: { kind: "GameServer", namespace: "", name: "", uid: "" },
      id: "1",
    } as const;
    const decided = decideSdkCall(server, ready, { now: NOW, after: () => NOW });
    expect(decided?.server.metadata.annotations).toEqual({ other: "stays" });
  });
  it("changes at most so many in one pass, and comes to rest after some", () => {
    const sizes = fc.record({ held: fc.nat(30), replicas: fc.nat(30), drains: fc.nat(30) });
    fc.assert(
      fc.property(sizes, ({ held, replicas, drains }) => {
        let servers = Array.from({ length: held }, (_, i) => serverIn(`s${i}`, "Allocated"));
        for (let pass = 0; pass < 40; pass++) {
          const changes = decideOverflow(
            input({ held: servers, replicas, drains, overflow: OVERFLOW, changesMax: 4 }),
          );
          expect(changes.length).toBeLessThanOrEqual(4);
          for (const { server, metadata } of changes)
            servers = servers.map((one) =>
              one.metadata.name === server.metadata.name ? mergePatch(one, { metadata }) : one,
            );
        }
        const labelled = servers.filter(({ metadata }) => metadata.labels?.colour === "old").length;
        expect(labelled).toBe(Math.max(0, held - replicas));
        expect(servers.filter(isDraining).length).toBe(Math.min(held, drains));
      }),
    );
  });
});
