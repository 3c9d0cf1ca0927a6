import { join } from "node:path";
import { systemClock } from "../../core/std/clock.ts";
import { type Config, childEnvironment, configFlags, type SettingName } from "../config.ts";
import type { Io } from "../io.ts";
import { ChildKeeper } from "./child-keeper.ts";

export const SERVER_SETTINGS: readonly SettingName[] = [
  "state",
  "listen",
  "port",
  "servicePool",
  "serverUid",
  "tlsListen",
  "serverNames",
  "allocatorListen",
  "allocatorAuth",
  "allocatorTls",
  "allocatorClientCa",
  "nodeLostAfter",
  "historyRows",
  "historyDays",
  "alertWebhook",
  "alertWebhookFile",
  "logLevel",
];
export const AGENT_SETTINGS: readonly SettingName[] = [
  "state",
  "api",
  "agentTokenFile",
  "joinToken",
  "labels",
  "reserve",
  "node",
  "advertiseAddress",
  "driver",
  "pool",
  "servicePool",
  "portRange",
  "logLevel",
];
export const DOOR_SETTINGS: readonly SettingName[] = [
  "state",
  "api",
  "agentTokenFile",
  "node",
  "serverUid",
  "logLevel",
];

/** A crashed part is back before anybody waits for it; one that keeps crashing does not burn the machine. */
const BACKOFF = { firstMs: 50, factor: 3, maxMs: 2_000 };
const STEADY_MS = 30_000;
const LOG_BYTES_MAX: number = 16 * 1024 * 1024;

/**
 * A control plane makes much garbage that lives for one request: with a larger young generation less of it is copied, and
 * an allocation costs a sixth less of the processor (`npm run bench -- allocate`).
 */
export const SERVER_NODE_FLAGS: readonly string[] = ["--max-semi-space-size=32"];

/** How this very program is started once more: the same Node with the same flags, and more, on the same file. */
export function ownArgv(
  args: readonly string[],
  flags: readonly string[] = [],
): [string, ...string[]] {
  return [process.execPath, ...process.execArgv, ...flags, process.argv[1] ?? "", ...args];
}

export interface PartsOptions {
  readonly config: Config;
  readonly io: Io;
  readonly onRestart: (sentence: string) => void;
}

function keep(
  name: string,
  settings: readonly SettingName[],
  flags: readonly string[],
  { config, io, onRestart }: PartsOptions,
): ChildKeeper {
  return new ChildKeeper({
    name,
    argv: ownArgv([name, ...configFlags(config, settings)], flags),
    env: childEnvironment(io.env, config, settings),
    logFolder: join(config.state, "logs"),
    logBytesMax: LOG_BYTES_MAX,
    clock: systemClock,
    backoff: BACKOFF,
    steadyMs: STEADY_MS,
    onRestart,
  });
}

export function startServer(options: PartsOptions): ChildKeeper {
  return keep("server", SERVER_SETTINGS, SERVER_NODE_FLAGS, options);
}

export function startAgent(options: PartsOptions): ChildKeeper {
  return keep("agent", AGENT_SETTINGS, [], options);
}
