/** Close codes of WebSockets and of the games in `game-services`, as a report names them. */
const CAUSES: Readonly<Record<number, string>> = {
  1000: "left",
  1001: "server went away",
  1006: "cut off without a word",
  4000: "left",
  4001: "game server ends",
  4101: "came in anew elsewhere",
  4102: "room closed",
};

/** Why a connection was closed, in words. */
export function closeCause(code: number): string {
  return CAUSES[code] ?? `close code ${code}`;
}

/** Why somebody did not come in: without what differs from player to player, so that equal ones are counted as one. */
export function joinFailure(error: unknown): string {
  const message = error instanceof Error ? causeOf(error) : String(error);
  if (/aborted|timeout/i.test(message)) return "no answer in time";
  return message.replaceAll(/\d{1,3}(\.\d{1,3}){3}(:\d+)?/g, "game server").slice(0, 80);
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}
