import type { ArenaAddress } from "./players.ts";

export interface AllocateOptions {
  readonly api: string;
  readonly token: string;
  readonly namespace: string;
  readonly fleet: string;
}

interface Answer {
  readonly message?: string;
  readonly status?:
    | string
    | {
        readonly state?: string;
        readonly gameServerName?: string;
        readonly address?: string;
        readonly message?: string;
        readonly ports?: readonly { readonly name: string; readonly port: number }[];
      };
}

/** Asks for a Ready game server of a fleet, as any matchmaker does; throws with a sentence when there is none. */
export async function allocate(
  options: AllocateOptions,
): Promise<ArenaAddress & { readonly gameServer: string }> {
  const { api, token, namespace, fleet } = options;
  const path = `/apis/allocation.agones.dev/v1/namespaces/${namespace}/gameserverallocations`;
  const response = await fetch(new URL(path, api), {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({
      apiVersion: "allocation.agones.dev/v1",
      kind: "GameServerAllocation",
      spec: { selectors: [{ matchLabels: { "agones.dev/fleet": fleet } }] },
    }),
    signal: AbortSignal.timeout(ANSWER_MS),
  }).catch((error: Error) => {
    const cause = error.cause instanceof Error ? error.cause.message : error.message;
    throw new Error(`cannot reach ${api}: ${cause}; is it up? (npm start)`);
  });
  const answer = (await response.json().catch(() => ({}))) as Answer;
  if (!response.ok)
    throw new Error(`the allocation was refused (${response.status}): ${answer.message ?? ""}`);
  return addressOf(answer, fleet);
}

const ANSWER_MS = 10_000;

function addressOf(
  { status }: Answer,
  fleet: string,
): ReturnType<typeof allocate> extends Promise<infer A> ? A : never {
  const found = typeof status === "object" ? status : {};
  if (found.state !== "Allocated") {
    const why = found.message ?? found.state ?? "no state in the answer";
    throw new Error(`fleet ${fleet} has no Ready game server: ${why}`);
  }
  const port = (name: string): number => {
    const one = found.ports?.find((p) => p.name === name);
    if (!one) throw new Error(`game server ${found.gameServerName} has no port named ${name}`);
    return one.port;
  };
  return {
    gameServer: found.gameServerName ?? "",
    host: found.address ?? "127.0.0.1",
    webSocketPort: port("game"),
    udpPort: port("udp"),
  };
}
