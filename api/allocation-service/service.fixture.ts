import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Counted } from "../../access/audit/audit-tally.ts";
import { openAuthority } from "../../access/authority.ts";
import { type ClientPair, issueClientPair } from "../../access/client-certificates.ts";
import { Tokens } from "../../access/tokens.ts";
import { certificateOf, pemOf } from "../../access/x509.ts";
import type { AllocationStatus } from "../../core/model/allocation.ts";
import { systemClock } from "../../core/std/clock.ts";
import type { Logger } from "../../core/std/logger.ts";
import { Metrics } from "../../monitor/metrics.ts";
import type { Allocator } from "../options.ts";
import { AllocationService, SERVICE_BOUNDS, type ServiceBounds } from "./allocation-service.ts";
import type { AllocatorAuth } from "./caller.ts";
import { TlsKeeper } from "./tls-keeper.ts";

export const ALLOCATED: AllocationStatus = {
  state: "Allocated",
  gameServerName: "arena-1",
  ports: [{ name: "default", port: 7001 }],
  address: "127.0.0.1",
  addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
  nodeName: "a",
  source: "local",
  metadata: { labels: { l: "1" }, annotations: { a: "2" } },
};
export const NONE_FREE: AllocationStatus = {
  ...ALLOCATED,
  state: "UnAllocated",
  gameServerName: "",
  message: "none of 3 game servers in namespace default is Ready",
};

/** Answers what it is told to, and remembers what it was asked. */
export class FakeAllocator implements Allocator {
  answer: AllocationStatus | Error = ALLOCATED;
  readonly asked: Parameters<Allocator["allocate"]>[0][] = [];

  async allocate(request: Parameters<Allocator["allocate"]>[0]): Promise<AllocationStatus> {
    this.asked.push(request);
    if (this.answer instanceof Error) throw this.answer;
    // Who waits for ever waits until its client has gone.
    if ((request.spec.waitUpToMs ?? 0) > 5_000 && request.signal)
      await once(request.signal, "abort");
    return this.answer;
  }
}

/** Keeps what was logged. */
export class Lines implements Logger {
  readonly all: string[] = [];
  readonly debug = (fields: object, sentence: string): void => this.#add(fields, sentence);
  readonly info = (fields: object, sentence: string): void => this.#add(fields, sentence);
  readonly warn = (fields: object, sentence: string): void => this.#add(fields, sentence);
  readonly error = (fields: object, sentence: string): void => this.#add(fields, sentence);
  #add(fields: object, sentence: string): void {
    this.all.push(`${sentence} ${JSON.stringify(fields)}`);
  }
}

export const TOKEN: string = "a".repeat(43);
const DAY_MS = 86_400_000;

/** A whole allocation service on a real socket, over an allocator that does as it is told. */
export interface ServiceHarness extends AsyncDisposable {
  readonly service: AllocationService;
  readonly port: number;
  readonly allocator: FakeAllocator;
  /** Of the server's certificate. */
  readonly ca: string;
  readonly keeper: TlsKeeper | undefined;
  /** Of client certificates. */
  readonly folder: string;
  readonly log: readonly string[];
  /** What the audit log was told. */
  readonly counted: readonly Counted[];
  /** Makes another pair of the server's. */
  renew(): void;
  /** What stands in the way of serving. */
  wait(reason: string | undefined): void;
  /** A pair whose certificate lies in the folder. */
  client(name: string, now?: number): Promise<ClientPair>;
}

export async function openService(options: {
  readonly auth: AllocatorAuth;
  readonly tls?: boolean;
  readonly bounds?: Partial<ServiceBounds>;
}): Promise<ServiceHarness> {
  const { auth, tls = true, bounds = {} } = options;
  const folder = await mkdtemp(join(tmpdir(), "flotilla-allocation-"));
  const authority = await openAuthority(folder, Date.now());
  const certify = () => authority.certify(["127.0.0.1", "localhost"]);
  let pair = certify();
  const logger = new Lines();
  const allocator = new FakeAllocator();
  const counted: Counted[] = [];
  const tally = { count: (one: Counted): void => void counted.push(one) };
  let because: string | undefined;
  const clientFolder = auth === "mtls" ? folder : undefined;
  const common = { clock: systemClock, logger };
  // The authority's own file is no client's.
  await rm(join(folder, "authority.pem"));
  const readPair = async () => pair;
  const keeper = tls ? await TlsKeeper.open({ ...common, readPair, clientFolder }) : undefined;
  const service = await AllocationService.open({
    ...{ host: "127.0.0.1", port: 0, auth, tls: keeper, allocator, metrics: new Metrics() },
    ...common,
    tokens: new Tokens([
      { token: TOKEN, principal: { kind: "file", scope: "allocate", name: "allocate" } },
    ]),
    access: { tally },
    notReady: () => because,
    bounds: { ...SERVICE_BOUNDS, healthLookEveryMs: 5, ...bounds },
  });
  return {
    ...{ service, port: service.port, allocator, ca: authority.certificate, keeper, folder },
    log: logger.all,
    counted,
    renew: () => {
      pair = certify();
    },
    wait: (reason) => {
      because = reason;
    },
    client: (name, now = Date.now()) => issueClientPair(folder, { name, now, lifeMs: DAY_MS }),
    [Symbol.asyncDispose]: async () => {
      await service[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

/** An authority of somebody else's, and a client that it signed. */
export function signedPair(): { readonly ca: string; readonly pair: ClientPair } {
  const [ca, client] = [0, 1].map(() => generateKeyPairSync("ec", { namedCurve: "prime256v1" }));
  if (!ca || !client) throw new Error("no keys");
  const issuer = { name: "studio", key: ca.privateKey, publicKey: ca.publicKey };
  const times = { notBefore: Date.now() - DAY_MS, notAfter: Date.now() + DAY_MS };
  const common = { issuer, names: [], ...times };
  const own = { ...common, subject: "studio", publicKey: ca.publicKey } as const;
  const its = { ...common, subject: "game", publicKey: client.publicKey } as const;
  return {
    ca: pemOf(certificateOf({ ...own, use: "authority" })),
    pair: {
      key: client.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      cert: pemOf(certificateOf({ ...its, use: "client" })),
    },
  };
}
