import { join } from "node:path";
import { readToken } from "../../access/tokens.ts";
import type { LinkKind } from "../../core/model/link.ts";
import type { Usage } from "../../core/model/usage.ts";
import { systemClock } from "../../core/std/clock.ts";
import { messageOf } from "../../core/std/errors.ts";
import { Agent } from "../../runtime/agent/agent.ts";
import { machineUsage } from "../../runtime/agent/machine-usage.ts";
import { SdkPeers } from "../../runtime/agent/sdk-peers.ts";
import { serveContainers } from "../../runtime/agent/serve-containers.ts";
import { sampleUsage } from "../../runtime/agent/usage-sampler.ts";
import { LinkCache } from "../../runtime/link/link-cache.ts";
import { LinkClient } from "../../runtime/link/link-client.ts";
import { serveTunnel } from "../../runtime/link/tunnel.ts";
import { HostLinux } from "../../runtime/linux/host-linux.ts";
import type { Config } from "../config.ts";
import { childEnvironment, configFlags, environment } from "../config.ts";
import { processLogger } from "../log.ts";
import type { ChildControl } from "../up/child-control.ts";
import { lockSoon } from "../up/lock-soon.ts";
import { DOOR_SETTINGS, ownArgv } from "../up/parts.ts";
import { openStateFolder } from "../up/state-folder.ts";
import { DetachedProcess } from "./detached-process.ts";
import { imageSourceOf } from "./image-source.ts";
import { linkOptions } from "./link-options.ts";
import { type MachineDriver, openMachineDriver } from "./machine-driver.ts";
import { credentialFile, isBuilderOf } from "./node-credential.ts";
import { nodeStatusOf } from "./node-status.ts";

/**
 * An upgrade leaves the door that runs in place, since games notice when it goes. Raised when it must not: when the link, the
 * files of `sdk/peers` or the door's flags change so that an older door does not do any more.
 */
const DOOR_GENERATION = "1";
const KINDS: readonly LinkKind[] = ["GameServer", "Container", "Service", "Network", "Image"];
const HEARTBEAT_EVERY_MS = 2_000;
const USAGE_EVERY_MS = 1_000;
const STOPS_AT_ONCE = 16;
/** For the agent of an `up` that was killed: it ends by itself, but must not start anything beside this one. */
const LOCK = { clock: systemClock, patienceMs: 20_000, pauseMs: 20 };

/** This machine's agent. `isDown`: end and take away what an earlier run left, without a control plane, say so, and wait to be ended. */
export async function runAgent(
  config: Config,
  control: ChildControl,
  { isDown }: { readonly isDown: boolean },
): Promise<void> {
  const logger = processLogger("agent", config.logLevel);
  const { path, instance } = openStateFolder(config.state, undefined);
  using linux = new HostLinux();
  const cache = new LinkCache();
  const peers = new SdkPeers(join(path, "sdk", "peers"));
  const isBuilder = isBuilderOf(config, path);
  const { imageSource, useLink } = imageSourceOf(cache, isBuilder);
  const common = { config, path, instance, linux, clock: systemClock, logger };
  const parts = { ...common, cache, peers, imageSource };
  const ending = control.ending;
  using lock = await lockSoon(join(path, "agent"), { ...LOCK, ending });
  if (!lock) return;
  await using machine = await openMachineDriver(parts);
  if (isDown) {
    await takeDown(machine, doorOf(config, path, linux, logger), peers);
    control.say({ say: "ready" });
    await control.ending;
    return;
  }

  const agentTokenFile = await credentialFile(config, path);
  const token = await readToken(agentTokenFile);
  const door = doorOf({ ...config, agentTokenFile }, path, linux, logger);
  const link = new LinkClient(linkOptions(config, token, systemClock, logger));
  useLink(link);
  const stop = new AbortController();
  const { signal } = stop;
  door.ensure();
  const agent = new Agent({
    link,
    cache,
    driver: machine.driver,
    peers,
    clock: systemClock,
    logger,
    platformApi: machine.platformApi,
    setServices: (leads) => machine.setServices(leads),
    nodeStatus: () => nodeStatusOf(config, machine),
    heartbeatEveryMs: HEARTBEAT_EVERY_MS,
    concurrencyMax: 16,
    queueMax: 100_000,
  });
  const verbs = serveContainers(machine.driver, cache, machine.blob);
  const send = (one: Usage): Promise<void> => link.usage(one);
  const usage = { driver: machine.driver, machine: machineUsage, send };
  const loops = [
    link.watch(KINDS, (event) => cache.apply(event), signal),
    link.tunnel((stream, request) => void serveTunnel(stream, request, verbs), signal),
    agent.run(signal),
    sampleUsage({ ...usage, clock: systemClock, logger, everyMs: USAGE_EVERY_MS }, signal),
    door.keep(signal, () => undefined),
    machine.run(signal),
  ];
  control.say({ say: "ready" });
  const how = await control.ending;
  stop.abort(new Error("ending"));
  // Reports that wait for a control plane that has ended would keep their workers from ending.
  await link[Symbol.asyncDispose]();
  const ended = await Promise.allSettled(loops);
  for (const one of ended)
    if (one.status === "rejected") logger.debug({ error: messageOf(one.reason) }, "a loop ended");
  if (how === "down") await takeDown(machine, door, peers);
}

function doorOf(
  config: Config,
  path: string,
  linux: HostLinux,
  logger: ReturnType<typeof processLogger>,
): DetachedProcess {
  return new DetachedProcess({
    name: "door",
    argv: ownArgv(["door", ...configFlags(config, DOOR_SETTINGS)]),
    env: childEnvironment(environment(), config, DOOR_SETTINGS),
    generation: DOOR_GENERATION,
    runFolder: join(path, "run"),
    logFolder: join(path, "logs"),
    linux,
    clock: systemClock,
    logger,
  });
}

/** Stops every container of this instance and takes away what was made for them. */
async function takeDown(
  machine: MachineDriver,
  door: DetachedProcess,
  peers: SdkPeers,
): Promise<void> {
  const { driver } = machine;
  const left = [...(await driver.find())];
  const one = async (): Promise<void> => {
    for (let next = left.pop(); next; next = left.pop()) {
      const { id, stopGraceMs } = next.plan;
      if (next.running) await driver.stop(id, stopGraceMs);
      await driver.remove(id);
      await peers.remove(id);
    }
  };
  await Promise.all(Array.from({ length: STOPS_AT_ONCE }, one));
  await door.end();
  await driver.uninstall();
  await machine.end();
}
