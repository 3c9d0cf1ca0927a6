import { expect, it } from "vitest";
import { made } from "../../core/model/admit-inputs.ts";
import type { Container } from "../../core/model/container.ts";
import { containerPlanOf } from "../../core/model/container-plan.ts";
import type { LinkEvent, LinkResource } from "../../core/model/link.ts";
import { systemClock } from "../../core/std/clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import type { ContainerDriver, FoundContainer } from "../container/driver.ts";
import { LinkCache } from "../link/link-cache.ts";
import type { ServiceLead } from "../network/services.ts";
import { Agent } from "./agent.ts";

const SERVICE = "5e41ce00-0000-4000-8000-000000000000";
const WEB = {
  ...made("Service", {}, { uid: SERVICE }),
  status: { ...made("Service").status, address: "10.86.0.1" },
};

function replica(letter: string, more: object = {}, drainSeconds = 0): Container {
  const uid = `${letter.repeat(8)}-0000-4000-8000-000000000000`;
  const one = made("Container", { metadata: { name: letter }, spec: { drainSeconds } }, { uid });
  const owner = { apiVersion: "flotilla.dev/v1", kind: "Service", name: "arena", uid: SERVICE };
  const ownerReferences = [{ ...owner, controller: true, blockOwnerDeletion: true }];
  return {
    ...one,
    metadata: { ...one.metadata, ownerReferences, ...more },
    status: { ...one.status, nodeName: "here" },
  } as Container;
}

/** An agent beside a driver in memory, and a network that does one thing after the other, as the real one. */
class Bench implements AsyncDisposable {
  readonly log: string[] = [];
  readonly cache = new LinkCache();
  /** What the network is about waits for it. */
  gate: Promise<void> = Promise.resolve();
  #revision = 0;
  #turn: Promise<void> = Promise.resolve();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(found: readonly FoundContainer[] = [], known: readonly Container[] = []) {
    let ended: Parameters<ContainerDriver["onExit"]>[0] = () => undefined;
    const driver = {
      name: "shim",
      find: async () => found,
      onExit: (listener: typeof ended) => {
        ended = listener;
        return { [Symbol.dispose]: () => undefined };
      },
      start: async ({ id }: { id: string }) => {
        this.log.push(`start ${id[0]}`);
        return { id, pid: 1, address: `10.87.0.${id.charCodeAt(0)}`, startedAt: 0 };
      },
      stop: async (id: string) => {
        this.log.push(`stop ${id[0]}`);
        ended(id, { exitCode: 0, oomKilled: false, finishedAt: Date.now() });
      },
      remove: async () => undefined,
    } as unknown as ContainerDriver;
    const agent = new Agent({
      link: {
        report: async () => ({ ok: true }),
        heartbeat: async () => ({ lostAfterMs: 60_000 }),
      },
      cache: this.cache,
      driver,
      peers: {
        put: async () => undefined,
        remove: async () => undefined,
        removeAllBut: async () => undefined,
      },
      clock: systemClock,
      logger: silentLogger,
      setServices: (leads: readonly ServiceLead[]) => this.#setServices(leads),
      platformApi: undefined,
      nodeStatus: async () => ({}) as never,
      heartbeatEveryMs: 1_000,
      concurrencyMax: 16,
      queueMax: 100,
    } as never);
    this.cache.apply({ type: "sync" } as LinkEvent);
    this.put(WEB as unknown as LinkResource);
    for (const one of known) this.put(one);
    this.cache.apply({ type: "synced", revision: this.#revision } as LinkEvent);
    this.#running = agent.run(this.#stop.signal);
  }

  put(object: LinkResource): void {
    this.#revision += 1;
    this.cache.apply({ type: "put", revision: this.#revision, object } as LinkEvent);
  }

  async said(line: string): Promise<void> {
    await expect.poll(() => this.log, { timeout: 15_000, interval: 5 }).toContain(line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  #setServices(leads: readonly ServiceLead[]): Promise<void> {
    const who = leads
      .flatMap(({ replicas }) => replicas.map((a) => String.fromCharCode(Number(a.split(".")[3]))))
      .join("");
    this.log.push(`asked ${who}`);
    this.#turn = this.#turn.then(async () => {
      await this.gate;
      this.log.push(`leads to ${who}`);
    });
    return this.#turn;
  }
}

it("stops no replica that the rules which are under way lead to", async () => {
  await using bench = new Bench();
  bench.put(replica("a"));
  await bench.said("leads to a");
  const open = Promise.withResolvers<void>();
  bench.gate = open.promise;
  bench.put(replica("b"));
  await bench.said("asked ab");
  // As when its fleet is changed once more, or its readiness comes and goes: it is not wanted any more.
  bench.put(replica("b", { deletionTimestamp: "2026-01-01T00:00:00Z" }));
  await systemClock.sleep(100);
  open.resolve();
  await bench.said("stop b");
  await bench.said("leads to ab");
  const after = bench.log.slice(bench.log.indexOf("stop b"));
  expect(after, bench.log.join(", ")).not.toContain("leads to ab");
});

it("drains from when the rules do not lead to a replica any more", async () => {
  await using bench = new Bench();
  bench.put(replica("a", {}, 1));
  await bench.said("leads to a");
  bench.put(replica("b", {}, 1));
  await bench.said("leads to ab");
  const open = Promise.withResolvers<void>();
  bench.gate = open.promise;
  bench.put(replica("b", { deletionTimestamp: "2026-01-01T00:00:00Z" }, 1));
  await systemClock.sleep(1_500);
  open.resolve();
  const left = performance.now();
  await bench.said("stop b");
  expect(performance.now() - left).toBeGreaterThan(900);
});

it("leads to none that it finds running when it was an earlier life of it that was ready", async () => {
  const probed = (letter: string, pid: number): Container => {
    const one = replica(letter);
    const readinessProbe = { httpGet: { path: "/", port: 1 }, initialDelaySeconds: 60 };
    const container = { id: letter.repeat(8), pid, startedAt: "", restarts: 0 };
    const status = { ...one.status, ready: true, container };
    return { ...one, spec: { ...one.spec, readinessProbe }, status } as unknown as Container;
  };
  const known = [probed("a", 7), probed("b", 8)];
  const found = known.map((one) => {
    const plan = containerPlanOf(one);
    if (!plan) throw new Error("it is wanted");
    const address = `10.87.0.${plan.id.charCodeAt(0)}`;
    return {
      plan,
      running: { id: plan.id, pid: plan.id.startsWith("a") ? 7 : 9, address, startedAt: 0 },
    };
  });
  await using bench = new Bench(found, known);
  await bench.said("leads to a");
  expect(bench.log).not.toContain("leads to ab");
});
