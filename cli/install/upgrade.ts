import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { FleetError } from "../../core/std/errors.ts";
import { HostLinux } from "../../runtime/linux/host-linux.ts";
import type { ApiClient } from "../api-client.ts";
import type { Config } from "../config.ts";
import type { Io } from "../io.ts";
import { keptBefore, type Migration } from "../state/migrate.ts";
import { holderOf } from "../up/lock-soon.ts";
import { readUpRecord, type UpRecord } from "../up/up-record.ts";
import { type InstallLayout, linkedVersion, pointTo, versionsOf } from "./layout.ts";
import { ownPrefix } from "./own-prefix.ts";
import type { InstallPlaces } from "./places.ts";
import { placeProgram, removeVersions } from "./program.ts";
import { refuseStranger } from "./running-up.ts";
import { loneAgentOf, tryAgent } from "./try-agent.ts";
import { putStateBack, type Trial, tryOut } from "./try-out.ts";

const run = promisify(execFile);
const PREFLIGHT_WITHIN_MS = 120_000;

export interface UpgradeOptions {
  readonly places: InstallPlaces;
  readonly config: Config;
  readonly api: ApiClient;
  readonly io: Io;
  /** A package's folder, a clone, or a .tgz of `npm pack`; the name of a version that is there for going back. */
  readonly to: { readonly source: string } | { readonly version: string };
  /** Look only. */
  readonly isCheck: boolean;
  /** Going back may lose what was stored since the state was converted. */
  readonly isDiscarding: boolean;
  readonly patienceMs: number;
  readonly say: (line: string) => void;
}

/**
 * Brings another version in while game servers and their players go on: it is tried on a copy of the state, the link is
 * switched, and the `up` that runs is replaced by it. When it does not get well, the old version is put back.
 */
export async function upgrade(options: UpgradeOptions): Promise<void> {
  const { places, config, say, isCheck } = options;
  const { layout } = places;
  const linked = linkedVersion(layout.current);
  if (linked === undefined)
    throw new FleetError("FAILED_PRECONDITION", `nothing is installed in ${layout.prefix}`, {
      next: "run `flotilla install` first, or name where it lies: --prefix FOLDER",
    });
  using _own = ownPrefix(layout.prefix);
  const upPid = holderOf(resolve(config.state));
  const pid = upPid ?? loneAgentOf(config.state);
  const record = pid === undefined ? undefined : runningRecord(pid, options);
  const from = record?.version ?? linked;
  const to = await placed(options, [linked, from]);
  if (to === from && linked === to) {
    say(`flotilla ${to} is ${record ? "running" : "installed"} already`);
    return;
  }
  const isStateBack = await goesBackToOldState(options, from);
  if (isStateBack) say(`· the state that ${to} wrote is put back`);
  const migration = isStateBack ? undefined : await triedOnCopy(to, options);
  if (isCheck) {
    say(`· without --check it would replace ${from}`);
    return;
  }
  await using links = switchingLinks(layout, from);
  await pointTo(layout.previous, from);
  await pointTo(layout.current, to);
  say(`✓ ${layout.current} leads to ${to}`);
  if (pid === undefined || !record) {
    if (isStateBack) await putStateBack(resolve(config.state));
    say(`✓ nothing runs; the next start is ${to}`);
  } else {
    const isConverting = (migration?.parts.length ?? 0) > 0;
    const trial: Trial = { ...options, from, to, pid, record, isConverting, isStateBack };
    await (upPid === undefined ? tryAgent(trial) : tryOut(trial));
  }
  links.isDone = true;
  const gone = await removeVersions(layout, versionsOf(layout), neededBy(options, [from, to]));
  if (gone.length > 0) say(`✓ removed: ${gone.join(", ")}`);
}

/** Whether going back needs the state of before the last migration. FAILED_PRECONDITION when that would lose something unasked. */
async function goesBackToOldState(
  { to, config, isDiscarding }: UpgradeOptions,
  from: string,
): Promise<boolean> {
  const kept = "version" in to ? await keptBefore(resolve(config.state)) : undefined;
  if (kept?.migratedBy !== from) return false;
  if (kept.parts.length > 0 && !isDiscarding)
    throw new FleetError(
      "FAILED_PRECONDITION",
      `flotilla ${from} converted the state; going back loses what was stored since`,
      { next: "lose it: `flotilla upgrade --rollback --discard-newer`" },
    );
  return true;
}

/** What the new version would do to the state, tried on a copy of it; nothing where none is yet. */
async function triedOnCopy(to: string, options: UpgradeOptions): Promise<Migration | undefined> {
  const { places, config, say } = options;
  const state = resolve(config.state);
  if (!existsSync(state)) return void say(`· there is no state in ${state} yet`);
  const program = join(places.layout.versions, to, "bin", "flotilla");
  const migration = await preflight(program, options);
  const brings = migration ? `; it brings it from format ${migration.from} to ${migration.to}` : "";
  say(`✓ flotilla ${to} reads a copy of the state${brings}`);
  return migration;
}

/** Where the old version was put back, `--rollback` leads to the one before it, as it did. */
function switchingLinks(
  layout: InstallLayout,
  from: string,
): AsyncDisposable & { isDone: boolean } {
  const before = linkedVersion(layout.previous);
  return {
    isDone: false,
    async [Symbol.asyncDispose]() {
      const isBack = !this.isDone && linkedVersion(layout.current) === from;
      if (isBack && before !== undefined) await pointTo(layout.previous, before);
    },
  };
}

function runningRecord(pid: number, { places, config }: UpgradeOptions): UpRecord {
  refuseStranger(pid, places.layout);
  const record = readUpRecord(resolve(config.state));
  if (record?.pid === pid && record.stage === "ready") return record;
  throw new FleetError("FAILED_PRECONDITION", `what runs here (process ${pid}) is not ready`, {
    next: "wait until it is, or see its log: `logs` in the state folder",
  });
}

async function placed({ places, to }: UpgradeOptions, inUse: readonly string[]): Promise<string> {
  if ("source" in to)
    return await placeProgram(to.source, places.layout, (version) => !inUse.includes(version));
  if (versionsOf(places.layout).includes(to.version)) return to.version;
  throw new FleetError(
    "NOT_FOUND",
    `flotilla ${to.version} is not in ${places.layout.versions} any more`,
    {
      next: "name its package: `flotilla upgrade --to FILE`",
    },
  );
}

/** What the new version itself says to a copy of the state. */
async function preflight(
  program: string,
  { config, io }: UpgradeOptions,
): Promise<Migration | undefined> {
  const words = ["preflight", "--state", config.state];
  try {
    const { stdout } = await run(program, words, {
      env: { ...io.env },
      timeout: PREFLIGHT_WITHIN_MS,
    });
    return (JSON.parse(stdout) as { readonly migration: Migration | null }).migration ?? undefined;
  } catch (error) {
    const { stderr = "" } = error as { readonly stderr?: string };
    const [, why = String(error)] = /^error: (.+)$/m.exec(stderr) ?? [];
    const [, advice = "report this"] = /^next: +(.+)$/m.exec(stderr) ?? [];
    throw new FleetError(
      "FAILED_PRECONDITION",
      `the new version does not take this state: ${why}`,
      { next: `nothing was changed; ${advice}` },
    );
  }
}

/** Both ends of the upgrade, and whatever a process still runs: an SDK door stays for as long as its games do. */
function neededBy({ places }: UpgradeOptions, names: readonly string[]): (name: string) => boolean {
  using linux = new HostLinux();
  const lines = linux.processes().map((pid) => linux.read(`/proc/${pid}/cmdline`) ?? "");
  const running = versionsOf(places.layout).filter((name) =>
    lines.some((line) => line.includes(`${join(places.layout.versions, name)}/`)),
  );
  const needed = new Set([...names, ...running]);
  return (name) => needed.has(name);
}
