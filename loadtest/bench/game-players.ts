import { randomBytes } from "node:crypto";
import { TokenSigner } from "../../game-services/game/join-keys.fixture.ts";
import { cpuSecondsOf, percentile } from "./machine.ts";
import { RawPlayer } from "./raw-player.ts";

/*
 * The players of `game.ts`, in a process of their own: started with an IPC channel, by which it tells the key that its
 * join tokens are signed with, is told whom to play, and answers what it saw.
 */
export interface PlayersAsked {
  readonly loginPort: number;
  /** Where the game servers are; rooms go round among them. */
  readonly ports: readonly number[];
  readonly uid: string;
  /** Maps `m<first>` and so on, one room each, with so many players. */
  readonly firstRoom: number;
  readonly rooms: number;
  readonly playersPerRoom: number;
  /** Joins at once. */
  readonly joining: number;
  readonly seconds: number;
  /** Between two messages of a player; none are sent when it is 0. */
  readonly everyMs: number;
}
export interface PlayersSaw {
  readonly joined: number;
  readonly failed: number;
  readonly firstFailure: string;
  readonly joinSeconds: number;
  readonly closed: number;
  readonly replies: number;
  readonly replyP50Ms: number;
  readonly replyP99Ms: number;
  readonly replyMaxMs: number;
  /** What was to be sent while the reply before was still awaited. */
  readonly unanswered: number;
  readonly patchesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly cpuSeconds: number;
}
export type FromPlayers =
  | { readonly what: "key"; readonly key: object }
  | { readonly what: "joined"; readonly joined: number }
  | { readonly what: "saw"; readonly saw: PlayersSaw };

const SIDE = 16;
const HEADERS = { "content-type": "application/json" };
const tell = (message: FromPlayers): void => void process.send?.(message);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function main(): Promise<void> {
  const signer = await TokenSigner.make(randomBytes(6).toString("hex"));
  process.once("message", (asked: PlayersAsked) => {
    void play(asked, signer).then((saw) => {
      tell({ what: "saw", saw });
      process.disconnect();
    });
  });
  tell({ what: "key", key: signer.publicKey });
}

async function play(asked: PlayersAsked, signer: TokenSigner): Promise<PlayersSaw> {
  const players: RawPlayer[] = [];
  const failures: string[] = [];
  const began = performance.now();
  let next = 0;
  const all = asked.rooms * asked.playersPerRoom;
  const joinSome = async (): Promise<void> => {
    for (let n = next++; n < all; n = next++)
      await joinOne(asked, signer, n).then(
        (player) => players.push(player),
        (error: Error) => failures.push(error.message),
      );
  };
  await Promise.all(Array.from({ length: asked.joining }, joinSome));
  const joinSeconds = (performance.now() - began) / 1000;
  tell({ what: "joined", joined: players.length });
  const { replies, unanswered } = talk(players, asked);
  const cpu = cpuSecondsOf(process.pid);
  const before = sums(players);
  await pause(asked.seconds * 1000);
  const after = sums(players);
  const closed = players.filter(({ isOpen }) => !isOpen).length;
  const cpuSeconds = cpuSecondsOf(process.pid) - cpu;
  const sorted = replies.sort((a, b) => a - b);
  for (const { socket } of players) socket.terminate();
  return {
    joined: players.length,
    failed: failures.length,
    firstFailure: failures[0] ?? "",
    joinSeconds,
    closed,
    replies: sorted.length,
    replyP50Ms: percentile(sorted, 0.5),
    replyP99Ms: percentile(sorted, 0.99),
    replyMaxMs: sorted.at(-1) ?? 0,
    unanswered: unanswered(),
    patchesPerSecond: (after.patches - before.patches) / asked.seconds,
    bytesPerSecond: (after.bytes - before.bytes) / asked.seconds,
    cpuSeconds,
  };
}

function sums(players: readonly RawPlayer[]): { patches: number; bytes: number } {
  const sum = { patches: 0, bytes: 0 };
  for (const { patches, bytes } of players) {
    sum.patches += patches;
    sum.bytes += bytes;
  }
  return sum;
}

async function joinOne(asked: PlayersAsked, signer: TokenSigner, n: number): Promise<RawPlayer> {
  const { loginPort, ports, uid, firstRoom, playersPerRoom } = asked;
  const room = firstRoom + Math.floor(n / playersPerRoom);
  const answer = await fetch(`http://127.0.0.1:${loginPort}/login/device`, {
    method: "POST",
    headers: HEADERS,
    body: JSON.stringify({ device_id: `device-of-the-bench-${room}-${n}` }),
  });
  const { message, tokens } = (await answer.json()) as {
    readonly message: { readonly user_id: string };
    readonly tokens: { readonly access_token: string };
  };
  const token = await signer.sign({
    aud: uid,
    sub: message.user_id,
    room: `bench-${room}`,
    cap: 1000,
    attrs: { map: `m${room}` },
  });
  const port = ports[room % ports.length] ?? 0;
  return RawPlayer.join({ port, token, access: tokens.access_token });
}

/** Every player moves and asks for a reply at its own moment of the period. */
function talk(players: readonly RawPlayer[], { everyMs }: PlayersAsked) {
  const replies: number[] = [];
  let unanswered = 0;
  if (everyMs > 0)
    for (const player of players) {
      player.onReply((ms) => replies.push(ms));
      let isWalking = Math.random() < 0.5;
      // One message each time: a step, or something that is answered.
      const speak = (): void => {
        if (!player.isOpen) return;
        isWalking = !isWalking;
        if (isWalking) player.move(1 + Math.random() * (SIDE - 2), 1 + Math.random() * (SIDE - 2));
        else if (!player.echo()) unanswered += 1;
      };
      setTimeout(() => setInterval(speak, everyMs), Math.random() * everyMs).unref();
    }
  return { replies, unanswered: () => unanswered };
}

await main();
