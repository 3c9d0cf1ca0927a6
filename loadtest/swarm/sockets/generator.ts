import {
  type SocketEvent,
  type SocketJoin,
  SocketPlayers,
  type SocketReport,
} from "./socket-players.ts";

/* A process of the socket swarm: `socket-swarm.ts` starts it with an IPC channel; it ends when that does. */
export interface GeneratorSettings {
  readonly perSecond: number;
  readonly joiningMax: number;
  readonly socketsMax: number;
  readonly joinWithinMs: number;
  readonly echoEveryMs: number;
  /** When the swarm began: nanoseconds of the machine's monotonic clock, as text. */
  readonly beganNs: string;
}
export type ToGenerator =
  | { readonly do: "begin"; readonly settings: GeneratorSettings }
  | { readonly do: "join"; readonly joins: readonly SocketJoin[] }
  | { readonly do: "leave"; readonly ids: readonly number[] }
  | { readonly do: "report" };
export type FromGenerator =
  | SocketEvent
  | { readonly what: "report"; readonly report: SocketReport };

const tell = (message: FromGenerator): void => void process.send?.(message, () => undefined);
let players: SocketPlayers | undefined;

process.on("message", (message: ToGenerator) => {
  if (message.do === "begin") {
    const { beganNs, ...settings } = message.settings;
    const began = BigInt(beganNs);
    const now = (): number => Number(process.hrtime.bigint() - began) / 1e6;
    players = new SocketPlayers({ ...settings, now, tell });
  }
  if (message.do === "join") players?.join(message.joins);
  if (message.do === "leave") players?.leave(message.ids);
  if (message.do === "report" && players) tell({ what: "report", report: players.report() });
});
process.on("disconnect", () => {
  players?.[Symbol.dispose]();
  process.exit(0);
});
