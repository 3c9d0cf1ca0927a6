import type { Random } from "../../core/std/random.ts";
import { Caller } from "./caller.ts";
import type { HistoryRecorder } from "./history.ts";
import { type KilledServer, pause } from "./killed-server.ts";

export interface RecordOptions {
  readonly clients: number;
  /** Of all clients together, about. */
  readonly operations: number;
  /** So many calls are cut off in the middle; at most `goneMax` of those clients never come back. */
  readonly cuts: { readonly cutShare: number; readonly goneMax: number };
  /** Of the control plane, at random moments of each history. */
  readonly kills: number;
}
export interface Counts {
  readonly cut: number;
  readonly gone: number;
  readonly again: number;
}
/** What one client does in one turn: some operations, in the history. */
export type Turn = (caller: Caller, client: string, turn: number) => Promise<void>;

const PAUSE_MS_MAX = 10;

/** Lets clients take turns until the history is long enough, while the control plane is killed. */
export async function recordClients<I, O>(
  server: KilledServer,
  recorder: HistoryRecorder<I, O>,
  random: Random,
  options: RecordOptions,
  takeTurn: Turn,
): Promise<Counts> {
  const { url } = server.now;
  const token = server.now.token("allocate");
  using caller = new Caller({ url, token, random, ...options.cuts });
  const live = async (client: string): Promise<void> => {
    for (let turn = 1; recorder.operations.length < options.operations; turn++) {
      await takeTurn(caller, client, turn);
      await pause(random.integer(0, PAUSE_MS_MAX));
    }
  };
  const names = Array.from({ length: options.clients }, (_, i) => `c${i}`);
  const reached = (count: number): Promise<void> => recorder.reached(count);
  await server.killDuring(Promise.all(names.map(live)), {
    ...{ random, kills: options.kills, reached, end: options.operations },
  });
  const { cut, gone, again } = caller;
  return { cut, gone, again };
}
