import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type ClosedLoadResult, closedLoad } from "./closed-load.ts";
import { allocateMessage, grpcLoad, nameIn } from "./grpc-load.ts";
import { httpLoad, jsonRequest } from "./http-load.ts";
import { officialGrpcLoad } from "./official-grpc-load.ts";
import { evalRequest, parseReply } from "./redis.ts";

/*
 * The generator, in a process of its own: one load against one target, its result as JSON on stdout. Started by
 * `allocate.ts` and `yardsticks.ts`.
 */
export interface LoadReport extends ClosedLoadResult {
  /** Answers per claimed name. */
  readonly claimed: Readonly<Record<string, number>>;
  /** Answers that there was nothing to hand out. */
  readonly none: number;
  /** Answers that are neither. */
  readonly failures: number;
  readonly firstFailure: string;
  /** Seconds of CPU that the generator itself took. */
  readonly cpuSeconds: number;
}

const { values } = parseArgs({
  options: {
    target: { type: "string", default: "flotilla" },
    port: { type: "string", default: "0" },
    token: { type: "string", default: "" },
    clients: { type: "string", default: "64" },
    seconds: { type: "string", default: "10" },
    requests: { type: "string", default: "100000000" },
    servers: { type: "string", default: "1000" },
    fleet: { type: "string", default: "bench" },
    ask: { type: "string", default: "label" },
    batch: { type: "string", default: "100" },
    /** Of gRPC: the clients share so many connections, with the client's pair of this state folder. */
    connections: { type: "string", default: "4" },
    state: { type: "string", default: "" },
  },
});

const claimed = new Map<string, number>();
let none = 0;
let failures = 0;
let firstFailure = "";

/** Who got nothing asks again after so long: who asks at once takes the time that the returns need. */
const AGAIN_MS = 5;

function claim(name: string): number {
  claimed.set(name, (claimed.get(name) ?? 0) + 1);
  return 0;
}
function fail(status: number, body: Buffer): number {
  failures += 1;
  firstFailure ||= `${status} ${body.toString("utf8").slice(0, 300)}`;
  return AGAIN_MS;
}
function getNothing(): number {
  none += 1;
  return AGAIN_MS;
}

const shared = {
  host: "127.0.0.1",
  port: Number(values.port),
  clients: Number(values.clients),
  seconds: Number(values.seconds),
  requestsMax: Number(values.requests),
};
const NAME = Buffer.from('"gameServerName":"');

/** What is asked for: one label, or everything that a request may speak of and that costs something. */
function specOf(ask: string): object {
  const matchLabels = { "agones.dev/fleet": values.fleet };
  const room = { counters: { rooms: { minAvailable: 1 } } };
  if (ask !== "full") return { selectors: [{ matchLabels }] };
  return {
    selectors: [
      { matchLabels: { ...matchLabels, mode: "ranked" }, ...room },
      { matchLabels, matchExpressions: [{ key: "region", operator: "Exists" }], ...room },
      { matchLabels, ...room },
    ],
    priorities: [{ type: "Counter", key: "rooms", order: "Ascending" }],
    counters: { rooms: { action: "Increment", amount: 1 } },
    metadata: { labels: { match: "m-1" } },
  };
}

function allocations(path: string): Promise<ClosedLoadResult> {
  const body = JSON.stringify({
    apiVersion: "allocation.agones.dev/v1",
    kind: "GameServerAllocation",
    spec: specOf(values.ask),
  });
  const bytes = jsonRequest({ path, token: values.token, body });
  const onAnswer = (status: number, answer: Buffer): number => {
    if (status !== 201) return fail(status, answer);
    const at = answer.indexOf(NAME) + NAME.length;
    const name = answer.toString("latin1", at, answer.indexOf('"', at));
    return name === "" ? getNothing() : claim(name);
  };
  return httpLoad({ ...shared, request: () => bytes, onAnswer });
}

/** Many in one request; an answer is worth as many as it gives. */
function batches(): Promise<ClosedLoadResult> {
  const requests = Array.from({ length: Number(values.batch) }, () => ({ spec: specOf("label") }));
  const body = JSON.stringify({ requests });
  const bytes = jsonRequest({ path: "/v1/allocations:batch", token: values.token, body });
  const onAnswer = (status: number, answer: Buffer): number => {
    if (status !== 200) return fail(status, answer);
    let waitMs = 0;
    for (let at = answer.indexOf(NAME); at >= 0; at = answer.indexOf(NAME, at + 1)) {
      const from = at + NAME.length;
      const name = answer.toString("latin1", from, answer.indexOf('"', from));
      waitMs = Math.max(waitMs, name === "" ? getNothing() : claim(name));
    }
    return waitMs;
  };
  return httpLoad({ ...shared, request: () => bytes, onAnswer });
}

/** By Agones' allocation service, with a client certificate; an answer without a message has handed out nothing. */
function grpcAllocations(load: typeof grpcLoad): Promise<ClosedLoadResult> {
  const connections = Math.min(shared.clients, Number(values.connections));
  const read = (name: string): Buffer => readFileSync(join(values.state, name));
  const onAnswer = (message: Buffer | undefined): number =>
    message ? claim(nameIn(message)) : getNothing();
  return load({
    ...shared,
    connections,
    tls: {
      ca: read("allocator-ca.crt"),
      cert: read("allocator-client.crt"),
      key: read("allocator-client.key"),
    },
    message: allocateMessage(values.fleet),
    onAnswer,
  });
}

/** Compare and put of one key after the other: it is told which one, so that it need not look for a free one. */
function etcdClaims(): Promise<ClosedLoadResult> {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const request = (n: number): Buffer => {
    const key = base64(`gs-${n % Number(values.servers)}`);
    const free = { target: "VALUE", key, result: "NOT_EQUAL", value: base64(`claim-${n}`) };
    const put = { request_put: { key, value: base64(`claim-${n}`) } };
    return jsonRequest({
      path: "/v3/kv/txn",
      body: JSON.stringify({ compare: [free], success: [put] }),
    });
  };
  const onAnswer = (status: number, answer: Buffer, n: number): number =>
    status === 200 && answer.includes('"succeeded":true')
      ? claim(`gs-${n % Number(values.servers)}`)
      : fail(status, answer);
  return httpLoad({ ...shared, request, onAnswer });
}

/** A script takes the first free name from a list, marks it and puts it back at the end. */
const CLAIM =
  "local n = redis.call('LPOP', KEYS[1]) if not n then return '' end " +
  "redis.call('HSET', n, 'state', 'Allocated') redis.call('RPUSH', KEYS[1], n) return n";

function redisClaims(): Promise<ClosedLoadResult> {
  const bytes = evalRequest(CLAIM, "ready");
  const onAnswer = (status: number, answer: Buffer): number =>
    status === 200 && answer.length > 0 ? claim(answer.toString("latin1")) : fail(status, answer);
  return closedLoad({ ...shared, request: () => bytes, parse: parseReply, onAnswer });
}

const TARGETS: Readonly<Record<string, () => Promise<ClosedLoadResult>>> = {
  flotilla: () =>
    allocations("/apis/allocation.agones.dev/v1/namespaces/default/gameserverallocations"),
  bare: () => allocations("/"),
  batch: batches,
  grpc: () => grpcAllocations(grpcLoad),
  "grpc-js": () => grpcAllocations(officialGrpcLoad),
  etcd: etcdClaims,
  redis: redisClaims,
};
const run = TARGETS[values.target];
if (!run) throw new Error(`unknown target ${values.target}`);
const result = await run();
const { user, system } = process.cpuUsage();
const report: LoadReport = {
  ...result,
  claimed: Object.fromEntries(claimed),
  none,
  failures,
  firstFailure,
  cpuSeconds: (user + system) / 1e6,
};
process.stdout.write(JSON.stringify(report));
