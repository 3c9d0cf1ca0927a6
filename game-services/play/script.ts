import type { Player, PlayerStats } from "./players.ts";

export interface PlayOptions {
  /** Each lets one player in. */
  readonly entrances: readonly (() => Promise<Player>)[];
  readonly seconds: number;
}

const STEP_MS = 50;
const SAY_MS = 1000;

/** Names for so many players. */
export function namesFor(players: number): readonly string[] {
  return Array.from({ length: players }, (_, i) => NAMES[i] ?? `player ${i + 1}`);
}

/** Lets players join, walk in circles (WebSocket and UDP by turns), chat and measure; what each saw, before they left. */
export async function play({ entrances, seconds }: PlayOptions): Promise<PlayerStats[]> {
  const joined: Player[] = [];
  try {
    for (const enter of entrances) joined.push(await enter());
    const until = performance.now() + seconds * 1000;
    const isOver = (): boolean => performance.now() >= until;
    await Promise.all(joined.map((player, i) => live(player, i, isOver)));
    // What was said and moved last is still on its way.
    await pause(4 * STEP_MS);
    return joined.map((player) => player.stats());
  } finally {
    await Promise.allSettled(joined.map((player) => player.leave()));
  }
}

/** Walks in circles (WebSocket and UDP by turns), chats and measures until it is over. */
export async function live(player: Player, index: number, isOver: () => boolean): Promise<void> {
  let saidAt = Number.NEGATIVE_INFINITY;
  for (let step = 0; !isOver(); step++) {
    const angle = step / 10 + index;
    const wanted = { x: 50 + 20 * Math.cos(angle), y: 50 + 20 * Math.sin(angle) };
    player.move(wanted, step % 2 === 0 ? "udp" : "webSocket");
    if (performance.now() - saidAt >= SAY_MS) {
      saidAt = performance.now();
      player.say(`${player.name} here, step ${step}`);
    }
    await player.echo();
    await pause(STEP_MS);
  }
}

/** What was not seen though it should have been, one sentence each; empty when all is well. */
export function missingIn(all: readonly PlayerStats[]): string[] {
  return all.flatMap((one) => {
    const others = all.filter(({ name }) => name !== one.name).map(({ name }) => name);
    const lacking = (seen: readonly string[], what: string): string[] =>
      others.filter((name) => !seen.includes(name)).map((name) => `${one.name} ${what} ${name}`);
    const heard = one.heard.map(({ name }) => name);
    return [
      ...lacking(one.saw, "did not see"),
      ...lacking(one.sawMove, "did not see over WebSocket how somebody moved:"),
      ...lacking(one.sawMoveByUdp, "did not see over UDP how somebody moved:"),
      ...lacking(heard, "did not hear"),
      ...(one.udpRtts.count === 0 ? [`${one.name} got no UDP echo back`] : []),
      ...(one.webSocketRtts.count === 0 ? [`${one.name} got no WebSocket echo back`] : []),
      ...(one.ending === undefined ? [] : [`${one.name} was told: ${one.ending}`]),
    ];
  });
}

const NAMES = ["red", "blue", "green", "gold", "pink", "teal", "grey", "lime"];

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
