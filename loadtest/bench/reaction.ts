import { Agent, request } from "node:http";
import { parseArgs } from "node:util";
import { FlotillaUp, LOOPBACK } from "./flotilla-up.ts";
import { ARENA, GameServers } from "./game-servers.ts";
import { machine, percentile, round } from "./machine.ts";
import { writeResult } from "./result.ts";

/*
 * How soon a fleet that keeps one spare starts the next container when that one was allocated, first in quiet, then while
 * another fleet hands out a thousand servers a second. The other fleet's servers are development servers, which are Ready
 * without a container; its autoscaler keeps its buffer under that load too.
 */
const { values } = parseArgs({
  options: {
    rate: { type: "string", default: "1000" },
    spares: { type: "string", default: "15" },
    buffer: { type: "string", default: "1000" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const USAGE = `node loadtest/bench/reaction.ts [--rate N] [--spares N] [--buffer N]    (root)
  --json    also writes everything to this file
  --rate    allocations a second from the other fleet
  --spares  allocations of the last spare, in quiet and under the burst
  --buffer  servers that the other fleet keeps free`;
const ALLOCATIONS = "/apis/allocation.agones.dev/v1/namespaces/default/gameserverallocations";
const FLEETS = "/apis/agones.dev/v1/namespaces/default/fleets";
const AUTOSCALERS = "/apis/autoscaling.agones.dev/v1/namespaces/default/fleetautoscalers";
const TICK_MS = 10;
const SOCKETS = 32;

/** A fleet and its autoscaler, which keeps so many free. */
async function fleet(up: FlotillaUp, name: string, template: object, free: number): Promise<void> {
  const metadata = { name };
  const kind = { apiVersion: "agones.dev/v1", kind: "Fleet" };
  await up.request("POST", FLEETS, { ...kind, metadata, spec: { replicas: free, template } });
  const buffer = { bufferSize: free, minReplicas: free, maxReplicas: 100_000 };
  await up.request("POST", AUTOSCALERS, {
    apiVersion: "autoscaling.agones.dev/v1",
    kind: "FleetAutoscaler",
    metadata,
    spec: { fleetName: name, policy: { type: "Buffer", buffer } },
  });
}

const DEVELOPMENT = {
  metadata: { annotations: { "agones.dev/dev-address": "127.0.0.1" } },
  spec: {
    ports: [{ name: "game", portPolicy: "Static", containerPort: 7654, hostPort: 7654 }],
    template: { spec: { containers: [{ name: "game", image: "arena" }] } },
  },
};
const bodyFor = (name: string): string =>
  JSON.stringify({
    apiVersion: "allocation.agones.dev/v1",
    kind: "GameServerAllocation",
    spec: { selectors: [{ matchLabels: { "agones.dev/fleet": name } }] },
  });

/** Allocates at a steady rate until it is stopped; counts what came back. */
class Burst implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #timer: NodeJS.Timeout;
  readonly #began = performance.now();
  #asked = 0;
  allocated = 0;
  missed = 0;

  constructor(up: FlotillaUp, rate: number) {
    this.#url = up.url + ALLOCATIONS;
    this.#headers = {
      authorization: `Bearer ${up.token}`,
      "content-type": "application/json",
    };
    const body = bodyFor("burst");
    this.#timer = setInterval(() => {
      const due = ((performance.now() - this.#began) / 1000) * rate;
      for (; this.#asked < due; this.#asked++) this.#ask(body);
    }, TICK_MS);
  }

  get perSecond(): number {
    return round(this.allocated / ((performance.now() - this.#began) / 1000));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#agent.destroy();
  }

  #ask(body: string): void {
    const asked = request(
      this.#url,
      { method: "POST", agent: this.#agent, headers: this.#headers },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        answer.on("end", () => {
          if (text.includes('"state":"Allocated"')) this.allocated++;
          else this.missed++;
        });
      },
    );
    asked.on("error", () => undefined);
    asked.end(body);
  }
}

interface Row {
  readonly what: string;
  readonly count: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly maxMs: number;
}

/** From the answer that hands out the last spare until a watch sees that the next container runs. */
async function react(up: FlotillaUp, servers: GameServers, what: string): Promise<Row> {
  const latencies: number[] = [];
  const spares = (): string[] =>
    servers.seen("Ready").filter((name) => servers.at(name, "Allocated") === undefined);
  for (let i = 0; i < Number(values.spares); i++) {
    await servers.until("one spare", () => spares().length === 1);
    const before = new Set(servers.seen("Scheduled"));
    const fresh = (): string[] => servers.seen("Scheduled").filter((name) => !before.has(name));
    const answer = await up.request("POST", ALLOCATIONS, JSON.parse(bodyFor("spare")));
    const taken = performance.now();
    await servers.until("a replacement", () => fresh().length > 0);
    latencies.push(Math.max(0, (servers.at(fresh()[0] ?? "", "Scheduled") ?? 0) - taken));
    await servers.until("its Ready", () => spares().length === 1);
    const { gameServerName } = (answer as { status: { gameServerName: string } }).status;
    await servers.delete(gameServerName);
    await servers.state(gameServerName, "gone");
  }
  const sorted = latencies.toSorted((a, b) => a - b);
  const [p50Ms, p90Ms] = [percentile(sorted, 0.5), percentile(sorted, 0.9)];
  return { what, count: sorted.length, p50Ms, p90Ms, maxMs: round(sorted.at(-1) ?? 0) };
}

async function benchReaction(): Promise<object> {
  await using up = await FlotillaUp.start(["examples/demo/image.yaml"], LOOPBACK);
  using servers = await GameServers.watch(up, "agones.dev/fleet=spare");
  await fleet(up, "spare", { spec: ARENA }, 1);
  await fleet(up, "burst", DEVELOPMENT, Number(values.buffer));
  const rows = [await react(up, servers, "last spare taken → replacement runs, in quiet")];
  using burst = new Burst(up, Number(values.rate));
  rows.push(await react(up, servers, `the same under ${values.rate} allocations a second`));
  const { allocated, missed, perSecond } = burst;
  console.table(rows);
  console.log(`burst: ${allocated} allocated (${perSecond}/s), ${missed} found none`);
  return { bench: "reaction", machine: machine(), rows, burst: { allocated, missed, perSecond } };
}

if (values.help) console.log(USAGE);
else writeResult(values.json, await benchReaction());
