import { describe, expect, it } from "vitest";
import type { Priority } from "../../core/model/fleet.ts";
import type { GameServer, Scheduling } from "../../core/model/game-server.ts";
import type { GameServerState } from "../../core/model/game-server-state.ts";
import { scaleDownOrder } from "./scale-down-order.ts";

interface Seen {
  readonly name: string;
  readonly state?: GameServerState;
  readonly node?: string;
  /** Seconds after the first. */
  readonly age?: number;
  /** Room left in Counter `rooms` of ten. */
  readonly rooms?: number;
  /** Room left in List `players` of ten. */
  readonly players?: number;
}
const NODE_LOADS: Readonly<Record<string, number>> = { n1: 1, n2: 2, n3: 2 };

function candidate({ name, state = "Ready", node = "n1", age = 0, rooms, players }: Seen) {
  const status = {
    state,
    nodeName: node,
    ...(rooms === undefined ? {} : { counters: { rooms: { count: 10 - rooms, capacity: 10 } } }),
    ...(players === undefined
      ? {}
      : { lists: { players: { values: Array(10 - players).fill("p"), capacity: 10 } } }),
  };
  const second = String(age).padStart(2, "0");
  const metadata = { name, creationTimestamp: `2026-01-01T00:00:${second}Z` };
  const server = { metadata, status } as unknown as GameServer;
  return { server, nodeLoad: NODE_LOADS[node] ?? 0 };
}
const ROOMS: Priority = { type: "Counter", key: "rooms", order: "Ascending" };
const ROOMS_DOWN: Priority = { ...ROOMS, order: "Descending" };
const PLAYERS: Priority = { type: "List", key: "players", order: "Ascending" };

describe("scaleDownOrder", () => {
  // biome-ignore format: a table is read by its columns
  it.each([
    ["takes what has no node, then the emptiest node, on one node what is not Ready", "Packed", [],
      [{ name: "g1", node: "n2" }, { name: "g2", node: "" }, { name: "g3", node: "n1" }, { name: "g4", node: "n2", state: "Creating" }],
      ["g2", "g3", "g4", "g1"]],
    ["empties one of two equally loaded nodes first", "Packed", [],
      [{ name: "g1", node: "n3" }, { name: "g2", node: "n2" }, { name: "g3", node: "n3" }, { name: "g4", node: "n2" }],
      ["g2", "g4", "g1", "g3"]],
    ["asks priorities only within a node when Packed", "Packed", [ROOMS],
      [{ name: "g1", node: "n2", rooms: 0 }, { name: "g2", node: "n1", rooms: 9 }, { name: "g3", node: "n1", rooms: 3 }, { name: "g4", node: "n1", rooms: 5 }],
      ["g3", "g4", "g2", "g1"]],
    ["takes the oldest first when Distributed", "Distributed", [],
      [{ name: "g1", age: 10 }, { name: "g2", age: 0 }, { name: "g3", age: 30 }],
      ["g2", "g1", "g3"]],
    ["asks priorities before the age when Distributed", "Distributed", [ROOMS],
      [{ name: "g1", age: 0, rooms: 9 }, { name: "g2", age: 5, rooms: 2 }, { name: "g3", age: 3, rooms: 2 }],
      ["g3", "g2", "g1"]],
    ["takes who has most room first when Descending", "Distributed", [ROOMS_DOWN],
      [{ name: "g1", rooms: 2 }, { name: "g2", rooms: 9 }, { name: "g3", rooms: 5 }],
      ["g2", "g3", "g1"]],
    ["takes who does not have the counter last, Ascending", "Distributed", [ROOMS],
      [{ name: "g1" }, { name: "g2", rooms: 9 }, { name: "g3", rooms: 0 }],
      ["g3", "g2", "g1"]],
    ["takes who does not have the counter last, Descending", "Distributed", [ROOMS_DOWN],
      [{ name: "g1" }, { name: "g2", rooms: 9 }, { name: "g3", rooms: 0 }],
      ["g2", "g3", "g1"]],
    ["asks the second priority when the first is even", "Distributed", [ROOMS, PLAYERS],
      [{ name: "g1", rooms: 4, players: 7 }, { name: "g2", rooms: 4, players: 1 }, { name: "g3", rooms: 1, players: 9 }],
      ["g3", "g2", "g1"]],
    ["ends at the name", "Distributed", [], [{ name: "g3" }, { name: "g1" }, { name: "g2" }], ["g1", "g2", "g3"]],
  ] as readonly [string, Scheduling, readonly Priority[], readonly Seen[], readonly string[]][])(
    "%s",
    (_, scheduling, priorities, seen, expected) => {
      const order = scaleDownOrder({ scheduling, priorities, readyLast: false });
      const names = seen.map(candidate).sort(order).map(({ server }) => server.metadata.name);
      expect(names).toEqual(expected);
    },
  );

  it.each(["Packed", "Distributed"] as const)(
    "takes Ready servers last in a rollout: %s",
    (scheduling) => {
      const seen = [
        { name: "g1", node: "n1" },
        { name: "g2", node: "n2", state: "Starting", age: 9 },
        { name: "g3", node: "n2" },
      ] as const;
      const order = scaleDownOrder({ scheduling, readyLast: true });
      const names = seen
        .map(candidate)
        .sort(order)
        .map(({ server }) => server.metadata.name);
      expect(names).toEqual(["g2", "g1", "g3"]);
    },
  );
});
