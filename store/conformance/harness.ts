import type { Network } from "../../core/model/network.ts";
import type { Ref } from "../../core/model/resource.ts";
import { silentLogger } from "../../core/std/logger.ts";
import type { LiveStoreOptions } from "../live-store.ts";
import type { ResourceStore, StoreEvent, Write } from "../resource-store.ts";

/** One storage of an adapter under test, which can be opened again and again. */
export interface StoreHarness extends AsyncDisposable {
  /** Opens a store on the storage; the one before must be disposed. */
  open(options: LiveStoreOptions): Promise<ResourceStore>;
  /** True: no more space from now on. An adapter may still have some in reserve. */
  setFull(full: boolean): Promise<void>;
}

/** Small bounds, so that the suite meets them. */
export const CONFORMANCE_OPTIONS: LiveStoreOptions = {
  groupMax: 16,
  groupCharsMax: 9_000,
  waitingMax: 10_000,
  historyMax: 50,
  sharedPartsMax: 4,
  answersMax: 20,
  answerAgeMsMax: 3_600_000,
  clock: { now: () => 1_000_000, monotonic: () => 0, sleep: () => Promise.resolve() },
  logger: silentLogger,
};

export function network(name: string, subnet = "10.1.0.0/24", namespace = "default"): Network {
  return {
    apiVersion: "flotilla.dev/v1",
    kind: "Network",
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      resourceVersion: "",
      generation: 1,
      creationTimestamp: "2026-01-01T00:00:00Z",
    },
    spec: { subnet, outside: false },
    status: {},
  };
}

export function withSubnet(before: Network, subnet: string): Write {
  const object = { ...before, spec: { ...before.spec, subnet } };
  const expected = before.metadata.resourceVersion;
  return { op: "update", object, expected, delta: { spec: { subnet } } };
}

export const ref = (name: string): Ref =>
  ({ kind: "Network", namespace: "default", name }) as const;
export const names = (events: readonly StoreEvent[]): string[] =>
  events.map(({ type, revision, object }) => `${revision} ${type} ${object.metadata.name}`);

export async function make(store: ResourceStore, name: string, subnet?: string): Promise<Network> {
  const [kept] = await store.commit([{ op: "create", object: network(name, subnet) }]);
  return kept as Network;
}

/** What the parts of the suite share. */
export interface Suite {
  readonly adapter: string;
  readonly makeHarness: () => Promise<StoreHarness>;
  /** Runs `use` on a store of its own. */
  readonly inStore: (
    use: (store: ResourceStore, harness: StoreHarness) => Promise<void>,
    options?: Partial<LiveStoreOptions>,
  ) => Promise<void>;
}
