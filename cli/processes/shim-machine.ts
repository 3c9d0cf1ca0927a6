import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerPlan } from "../../core/model/container-plan.ts";
import { DEFAULT_NETWORK } from "../../core/model/network.ts";
import { prepareInstance } from "../../runtime/cgroup/instance.ts";
import { detectCgroups } from "../../runtime/cgroup/layout.ts";
import type { NetworkMember } from "../../runtime/container/hosts-files.ts";
import { ShimDriver } from "../../runtime/container/shim-driver.ts";
import { ShimLine } from "../../runtime/container/shim-line.ts";
import { shimUnpack } from "../../runtime/container/shim-unpack.ts";
import { FetchingImageStore } from "../../runtime/image/fetching-image-store.ts";
import { openImageStore } from "../../runtime/image/folder-image-store.ts";
import type { LinkCache } from "../../runtime/link/link-cache.ts";
import { addressUseOf } from "../../runtime/network/address-use.ts";
import { NodeNetwork } from "../../runtime/network/network.ts";
import { networkFile } from "../../runtime/network/network-file.ts";
import type { NetworkWish } from "../../runtime/network/network-options.ts";
import { isLoopback } from "../advertise-address.ts";
import type { Config } from "../config.ts";
import { shimFolder, shimGeneration } from "../shim-folder.ts";
import { clearOldImages } from "./clear-old-images.ts";
import { DetachedProcess } from "./detached-process.ts";
import type { MachineDriver, MachineParts } from "./machine-driver.ts";
import { DOOR } from "./own-ports.ts";
import { platformApiPlace } from "./platform-api-place.ts";
import { playersAddress } from "./players-address.ts";
import { ownAddresses } from "./tls.ts";

const REPAIR_EVERY_MS = 4_000;
const ADDRESS_REST_MS = 10_000;

/** Why containers cannot be isolated here; undefined when they can. */
export function whyNoShim(config: Config): string | undefined {
  if (process.platform !== "linux") return "this is not Linux";
  if (process.getuid?.() !== 0) return "this is not root";
  const shim = join(shimFolder(config), "flotilla-shim");
  return existsSync(shim) ? undefined : `the shim is not compiled (${shim})`;
}

/** Isolated containers: the shim, the node's network, images unpacked by the shim's helper. */
export async function openShimMachine(parts: MachineParts): Promise<MachineDriver> {
  const { config, path, instance, linux, cache, clock, logger } = parts;
  const folder = shimFolder(config);
  const program = join(folder, "flotilla-shim");
  const address = playersAddress(config, linux);
  const layout = detectCgroups(linux);
  prepareInstance(linux, layout, instance);
  const shim = await shimProcess(parts, program, join(folder, "flotilla-init"));
  const line = new ShimLine({
    socket: join(path, "run", "shim.sock"),
    ensureShim: () => void shim.ensure(),
    clock,
    logger,
    patienceMs: 10_000,
    pauseMs: 5,
    triesMax: 10,
  });
  const local = await openImageStore({
    root: path,
    unpack: shimUnpack(program),
    whiteouts: "overlay",
    clock,
  });
  const images = new FetchingImageStore({ ...parts.imageSource, local });
  const network = networkOf(parts, line, address);
  const platformApi = platformApiPlace(config, ownAddresses());
  const driver = await ShimDriver.open({
    platformApi: platformApi?.address,
    instance,
    folder: path,
    line,
    network,
    images,
    layout,
    linux,
    clock,
    logger,
    networkOf: (name) => networkWish(cache, name),
    services: () => serviceMembers(cache),
    onAddress: (plan, where) => tellDoor(parts, plan, where),
    removedLogsMax: 200,
    logPollMs: 100,
    killWaitMs: 10_000,
  });
  driver.namesChanged();
  cache.onAny((key) => {
    if (key.startsWith("Service/")) driver.namesChanged();
  });
  return {
    driver,
    images,
    blob: (digest) => local.images.blobs.open(digest),
    address,
    platformApi,
    addressUse: () =>
      addressUseOf(network.state.ipam, { now: clock.now(), restMs: ADDRESS_REST_MS }),
    setServices: (leads) => network.setServices(leads),
    run: async (signal) => {
      const repairing = keepRepaired(network, parts, signal);
      const old = { images: local.images, root: path, clock, logger };
      await Promise.all([line.run(signal), repairing, clearOldImages(old, signal)]);
    },
    end: async () => {
      // First, so that nothing starts the shim again that ends here.
      await line[Symbol.asyncDispose]();
      await shim.end();
    },
    [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
  };
}

async function keepRepaired(
  network: NodeNetwork,
  { clock, logger }: MachineParts,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(REPAIR_EVERY_MS, signal).catch(() => undefined);
    if (signal.aborted) return;
    for (const sentence of await network.repair())
      logger.warn({ sentence }, "the network was repaired");
  }
}

function networkOf(parts: MachineParts, shim: ShimLine, address: string): NodeNetwork {
  const { config, path, instance, linux, clock } = parts;
  return new NodeNetwork({
    instance,
    shim,
    linux,
    clock,
    pool: config.pool,
    servicePool: config.servicePool,
    subnetPrefix: 22,
    networksMax: 64,
    mtu: 1500,
    hostPorts: isLoopback(address) ? "loopback" : "everywhere",
    door: DOOR,
    addressRestMs: ADDRESS_REST_MS,
    forgetDelayMs: 50,
    ...networkFile(join(path, "agent", "network.json")),
  });
}

/** Before a game server can speak, the door knows who it is. */
async function tellDoor(
  { cache, peers, clock }: MachineParts,
  plan: ContainerPlan,
  where: { readonly address: string; readonly gateway: string },
): Promise<void> {
  const server = cache.getSubject(plan.subject);
  if (!plan.sdk || server?.kind !== "GameServer") return;
  const listen = { address: where.gateway, ...DOOR };
  await peers.put(plan, server.spec.health, { listen, source: where.address }, clock.now());
}

async function shimProcess(
  { path, instance, linux, clock, logger }: MachineParts,
  program: string,
  init: string,
): Promise<DetachedProcess> {
  const allow = join(path, "run", "shim.allow");
  const folders = ["layers", "containers", "volumes", "secrets", "hosts"].map((name) =>
    join(path, name),
  );
  for (const folder of folders) await mkdir(folder, { recursive: true });
  await writeFile(allow, `${folders.join("\n")}\n`, { mode: 0o600 });
  const flags = { socket: join(path, "run", "shim.sock"), allow, uid: "0", instance, init };
  return new DetachedProcess({
    name: "shim",
    argv: [program, ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)],
    env: {},
    generation: shimGeneration(),
    runFolder: join(path, "run"),
    logFolder: join(path, "logs"),
    linux,
    clock,
    logger,
  });
}

/** Until the control plane has told the whole list nothing is known of services, which is not that there are none. */
async function serviceMembers(cache: LinkCache): Promise<readonly NetworkMember[]> {
  await cache.synced;
  return cache.list("Service").flatMap(({ metadata, spec, status }) => {
    const { namespace, name } = metadata;
    const { network } = spec.template.spec;
    return status.address === "" ? [] : [{ namespace, network, name, address: status.address }];
  });
}

/** The network that a plan names. Every namespace has one called `default`, closed, without being told. */
function networkWish(
  cache: LinkCache,
  { namespace, name }: ContainerPlan["network"],
): NetworkWish | undefined {
  const spec = cache.get("Network", namespace, name)?.spec;
  if (spec)
    return {
      namespace,
      name,
      outside: spec.outside,
      ...(spec.subnet ? { subnet: spec.subnet } : {}),
    };
  return name === DEFAULT_NETWORK ? { namespace, name, outside: false } : undefined;
}
