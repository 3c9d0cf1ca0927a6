import { parentPort, workerData } from "node:worker_threads";
import type { Wire } from "./packets.ts";
import {
  type PlayerSums,
  type SecondSums,
  type UdpAim,
  UdpPlayers,
  type UdpTotals,
} from "./udp-players.ts";

/* One thread of the swarm: does what `udp-swarm.ts` tells it, and answers what is asked with the number of the question. */
export interface WorkerSettings {
  readonly wire: Wire;
  readonly hz: number;
  readonly secondsMax: number;
  readonly playersMax: number;
  readonly spreadOver: number;
  /** When the swarm began, by the clock that all threads share. */
  readonly beganNs: bigint;
}
export type ToWorker =
  | { readonly do: "aim"; readonly aims: readonly UdpAim[] }
  | { readonly do: "rest"; readonly ids: readonly number[]; readonly isThrownOut: boolean }
  | { readonly do: "stop" }
  | { readonly do: "players"; readonly ask: number; readonly from: number; readonly to: number }
  | { readonly do: "report"; readonly ask: number; readonly to: number }
  | { readonly do: "end" };
export interface WorkerReport {
  readonly seconds: readonly SecondSums[];
  readonly totals: UdpTotals;
}
export interface FromWorker {
  readonly ask: number;
  readonly players?: readonly PlayerSums[];
  readonly report?: WorkerReport;
}

const { beganNs, ...settings } = workerData as WorkerSettings;
const now = (): number => Number(process.hrtime.bigint() - beganNs) / 1e6;
const players = new UdpPlayers({ ...settings, now });
const answer = (message: FromWorker): void => parentPort?.postMessage(message);

parentPort?.on("message", (message: ToWorker) => {
  if (message.do === "aim") for (const aim of message.aims) players.aim(aim);
  if (message.do === "rest") for (const id of message.ids) players.rest(id, message.isThrownOut);
  if (message.do === "stop") players.stop();
  if (message.do === "players")
    answer({ ask: message.ask, players: players.players(message.from, message.to) });
  if (message.do === "report") {
    const report = { seconds: players.seconds(message.to), totals: players.totals() };
    answer({ ask: message.ask, report });
  }
  if (message.do === "end") void players[Symbol.asyncDispose]().then(() => parentPort?.close());
});
