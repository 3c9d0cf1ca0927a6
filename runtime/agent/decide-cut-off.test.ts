import { describe, expect, it } from "vitest";
import type { GameServer } from "../../core/model/game-server.ts";
import {
  GAME_SERVER_STATE_NAMES,
  GAME_SERVER_STATES,
  type GameServerState,
} from "../../core/model/game-server-state.ts";
import { endsWhenCutOff, isCutOff } from "./decide-cut-off.ts";

const server = (state: GameServerState, policy?: string): GameServer =>
  ({
    kind: "GameServer",
    metadata: { annotations: policy ? { "flotilla.dev/node-loss": policy } : {} },
    status: { state },
  }) as unknown as GameServer;

describe("on a node that is cut off", () => {
  it("begins when it counts as lost", () => {
    expect(isCutOff(29_999, 30_000)).toBe(false);
    expect(isCutOff(30_000, 30_000)).toBe(true);
  });

  it("only what its fleet wants stopped ends, and never what players hold", () => {
    for (const state of GAME_SERVER_STATE_NAMES) {
      expect(endsWhenCutOff(server(state, "stop"))).toBe(!GAME_SERVER_STATES[state].held);
      for (const policy of ["keep", "replace", "nonsense", undefined])
        expect(endsWhenCutOff(server(state, policy))).toBe(false);
    }
  });
});
