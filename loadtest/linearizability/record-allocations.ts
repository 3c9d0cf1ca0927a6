import type { Random } from "../../core/std/random.ts";
import type { Answer, Caller } from "./caller.ts";
import { type Counts, type RecordOptions, recordClients } from "./clients.ts";
import { HistoryRecorder } from "./history.ts";
import { type KilledServer, pause } from "./killed-server.ts";
import type { Machines } from "./machines.ts";
import type { ServerSetInput, ServerSetOperation, ServerSetOutput } from "./server-set.ts";

export const ALLOCATION_FLEET = "histories";
const HOLD_MS_MAX = 10;
const PATH = "/apis/allocation.agones.dev/v1/namespaces/default/gameserverallocations";

/** Clients that are given the servers of a fleet, hold them and give them back. `name` is of this history alone. */
export async function recordAllocations(
  server: KilledServer,
  machines: Machines,
  random: Random,
  options: RecordOptions & { readonly name: string },
): Promise<Counts & { readonly history: readonly ServerSetOperation[] }> {
  const recorder = new HistoryRecorder<ServerSetInput, ServerSetOutput>();
  const counts = await recordClients(
    server,
    recorder,
    random,
    options,
    async (caller, client, turn) => {
      const key = `${options.name}-${client}-${turn}`;
      const input = { do: "allocate" } as const;
      const given = await recorder.record(client, input, () => allocate(caller, key));
      if (typeof given !== "object") return;
      await pause(random.integer(0, HOLD_MS_MAX));
      await recorder.record(client, { do: "ready", server: given.server }, async () => {
        await machines.giveBack(given.server);
        return "done";
      });
    },
  );
  return { ...counts, history: recorder.operations };
}

async function allocate(caller: Caller, key: string): Promise<ServerSetOutput | undefined> {
  const selectors = [{ matchLabels: { "agones.dev/fleet": ALLOCATION_FLEET } }];
  const body = { spec: { selectors } };
  const answer = await caller.call({ method: "POST", path: PATH, key, body, isNone });
  if (answer === undefined) return undefined;
  return isNone(answer) ? "none" : { server: statusOf(answer).gameServerName };
}

function isNone(answer: Answer): boolean {
  return statusOf(answer).state !== "Allocated";
}

function statusOf({ status, text }: Answer): { state: string; gameServerName: string } {
  if (status !== 201) throw new Error(`an allocation was answered ${status}: ${text}`);
  return (JSON.parse(text) as { status: { state: string; gameServerName: string } }).status;
}
