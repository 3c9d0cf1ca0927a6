import { describe, expect, it } from "vitest";
import {
  GAME_SERVER_STATE_NAMES,
  GAME_SERVER_STATES,
  type GameServerState,
  mayBecome,
} from "./game-server-state.ts";
import { stateDiagram } from "./state-diagram.ts";

const reach = (from: GameServerState): Set<GameServerState> => {
  const seen = new Set<GameServerState>([from]);
  for (const state of seen) for (const next of GAME_SERVER_STATES[state].next) seen.add(next);
  return seen;
};
const where = (claim: (state: GameServerState) => boolean) => GAME_SERVER_STATE_NAMES.filter(claim);

describe("the life of a game server", () => {
  it.each(GAME_SERVER_STATE_NAMES)("can end from %s", (state) => {
    expect(mayBecome(state, "Shutdown")).toBe(true);
    expect(reach(state)).toContain("Shutdown");
  });

  it("begins where every state can be reached from", () => {
    expect(reach("PortAllocation")).toEqual(new Set(GAME_SERVER_STATE_NAMES));
  });

  it("ends with Shutdown, and nothing that is broken comes back", () => {
    expect(GAME_SERVER_STATES.Shutdown.next).toEqual([]);
    for (const state of where((s) => GAME_SERVER_STATES[s].counts === "broken"))
      expect(GAME_SERVER_STATES[state].next).toEqual(["Shutdown"]);
  });

  it("holds servers that players were sent to, and those only", () => {
    expect(where((state) => GAME_SERVER_STATES[state].held)).toEqual(["Reserved", "Allocated"]);
    for (const state of where((s) => GAME_SERVER_STATES[s].held))
      expect(GAME_SERVER_STATES[state]).toMatchObject({ counts: "up", runs: true });
  });

  it("hands out Ready ones, and takes an Allocated one back at once or through RequestReady", () => {
    expect(mayBecome("Ready", "Allocated")).toBe(true);
    expect(mayBecome("Allocated", "Ready")).toBe(true);
    expect(mayBecome("Scheduled", "Ready")).toBe(false);
    expect(mayBecome("Allocated", "RequestReady")).toBe(true);
    expect(mayBecome("RequestReady", "Ready")).toBe(true);
  });

  it("runs nothing before a node has it and nothing that is over", () => {
    expect(where((state) => !GAME_SERVER_STATES[state].runs)).toEqual([
      ...["PortAllocation", "Creating", "Unhealthy", "Error", "Shutdown"],
    ]);
  });

  it("lets a state stay", () => {
    for (const state of GAME_SERVER_STATE_NAMES) expect(mayBecome(state, state)).toBe(true);
  });

  it("is drawn with every move of the table and no other", () => {
    const lines = stateDiagram()
      .split("\n")
      .slice(1)
      .map((line) => line.trim());
    const moves = lines.filter((line) => !line.includes("[*]"));
    expect(moves).toHaveLength(
      GAME_SERVER_STATE_NAMES.reduce((n, s) => n + GAME_SERVER_STATES[s].next.length, 0),
    );
    for (const move of moves) {
      const [from, to] = move.split(" --> ") as [GameServerState, GameServerState];
      expect(from !== to && mayBecome(from, to)).toBe(true);
    }
    expect(lines.filter((line) => line.includes("[*]"))).toEqual([
      ...["[*] --> PortAllocation", "[*] --> Creating", "Shutdown --> [*]"],
    ]);
  });
});
