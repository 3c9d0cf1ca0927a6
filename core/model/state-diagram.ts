import { GAME_SERVER_STATE_NAMES, GAME_SERVER_STATES } from "./game-server-state.ts";

/** The life of a GameServer as a mermaid diagram, made from the table. */
export function stateDiagram(): string {
  const lines = GAME_SERVER_STATE_NAMES.flatMap((from) => {
    const { next } = GAME_SERVER_STATES[from];
    return next.length === 0 ? [`${from} --> [*]`] : next.map((to) => `${from} --> ${to}`);
  });
  const first = ["PortAllocation", "Creating"].map((to) => `[*] --> ${to}`);
  return ["stateDiagram-v2", ...[...first, ...lines].map((line) => `  ${line}`)].join("\n");
}
