import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { FleetError } from "../../core/std/errors.ts";
import { replaceFile } from "../../runtime/linux/replace-file.ts";
import { CONFIG_FILE, type Config } from "../config.ts";
import { agentFileText, writeAgentFile } from "./agent-file.ts";
import { configText } from "./config-text.ts";
import { compareVersions, linkedVersion, pointTo } from "./layout.ts";
import { ownPrefix } from "./own-prefix.ts";
import { AGENT_FILE, type InstallPlaces } from "./places.ts";
import { placeProgram, versionIn } from "./program.ts";
import { hasSystemd, systemctl } from "./systemd.ts";
import { AGENT_UNIT_NAME, UNIT_NAME, unitText } from "./unit.ts";

export interface InstallOptions {
  readonly places: InstallPlaces;
  /** A package's folder or a clone. */
  readonly source: string;
  readonly config: Pick<Config, "state" | "api" | "joinToken">;
  /** An agent alone, for a control plane on another machine. */
  readonly isAgent: boolean;
  readonly isDryRun: boolean;
  /** Start it now and at each boot. */
  readonly isEnabled: boolean;
  /** False: program and settings only; something else keeps `up` running. */
  readonly hasUnit: boolean;
  /** Who listens where the API would, if it is not ours. */
  readonly portUser: string | undefined;
  readonly say: (line: string) => void;
}

/** What stands against an installation, in the order of what has to be mended first; undefined when nothing does. Pure. */
export function whyNotInstall(facts: {
  readonly isRoot: boolean;
  readonly isHere: boolean;
  readonly hasSystemd: boolean;
  readonly hasUnit: boolean;
  readonly portUser: string | undefined;
  /** The unit of the other role, when it is there. */
  readonly otherUnit: string | undefined;
  readonly installed: string | undefined;
  readonly version: string;
}): FleetError | undefined {
  const { isRoot, isHere, hasUnit, portUser, installed, version } = facts;
  const not = (message: string, next: string): FleetError =>
    new FleetError("FAILED_PRECONDITION", message, { next });
  if (isHere && !isRoot)
    return not(
      "only root can install",
      "run this with sudo, or below a folder of yours: --root FOLDER",
    );
  if (isHere && hasUnit && !facts.hasSystemd)
    return not(
      "this machine does not run systemd",
      "install the program alone (--no-unit) and let what keeps services here run `flotilla up`",
    );
  if (facts.otherUnit)
    return not(
      `this machine has ${facts.otherUnit} already: one of both runs its game servers`,
      "take that one away first: `flotilla uninstall`",
    );
  const order = installed === undefined ? 0 : compareVersions(installed, version);
  if (order > 0)
    return not(
      `flotilla ${installed} is installed, and this is ${version}`,
      "go back with `flotilla upgrade --rollback`, or name this one: `flotilla upgrade --to FOLDER`",
    );
  if (order < 0)
    return not(
      `flotilla ${installed} is installed already`,
      "bring this one in without ending a game: `flotilla upgrade --to FOLDER`",
    );
  if (portUser)
    return not(
      portUser,
      "end it, or give the API another port: `port` in /etc/flotilla/config.yaml",
    );
  return undefined;
}

/** Installs program, settings and unit; what is as it should be is left alone, so it may be repeated after anything. */
export async function install(options: InstallOptions): Promise<void> {
  const { places, source, isDryRun, hasUnit, portUser, say } = options;
  const { layout, configFile, isHere } = places;
  const version = versionIn(source);
  const why = whyNotInstall({
    isRoot: process.getuid?.() === 0,
    isHere,
    hasSystemd: hasSystemd(),
    hasUnit,
    portUser,
    otherUnit: otherUnitOf(options),
    installed: linkedVersion(layout.current),
    version,
  });
  if (why) throw why;
  const agentText = agentTextOf(options);
  const done = (what: string): void => say(isDryRun ? `· would do: ${what}` : `✓ ${what}`);

  const isLinked = linkedVersion(layout.current) === version;
  using _own = isDryRun ? undefined : ownPrefix(layout.prefix);
  if (!isDryRun) {
    // A folder that no link leads to may be older than its name says: an installation that died, or was removed by hand.
    await placeProgram(source, layout, () => !isLinked);
    if (!isLinked) await pointTo(layout.current, version);
  }
  done(`program ${version} in ${join(layout.versions, version)}, ${layout.current} leads to it`);
  await writeIf(!existsSync(configFile), configFile, configText(), isDryRun, done);
  if (agentText !== undefined) {
    if (!isDryRun) await writeAgentFile(places.agentFile, agentText);
    done(places.agentFile);
  }
  if (hasUnit) await installUnit(options, done);
}

async function installUnit(options: InstallOptions, done: (what: string) => void): Promise<void> {
  const { places, config, isDryRun, isEnabled, isAgent } = options;
  const { isHere, prefix } = places;
  const [name, file] = isAgent
    ? [AGENT_UNIT_NAME, places.agentUnitFile]
    : [UNIT_NAME, places.unitFile];
  const unit = unitText({
    program: join(prefix, "current", "bin", "flotilla"),
    configFile: CONFIG_FILE,
    state: config.state,
    ...(isAgent ? { agentFile: AGENT_FILE } : {}),
  });
  await writeIf(textOf(file) !== unit, file, unit, isDryRun, done);
  if (isHere && !isDryRun) await systemctl("daemon-reload");
  if (!isEnabled) return;
  if (isHere && !isDryRun) await systemctl("enable", "--now", name);
  done(`${name} is started, now and at each boot`);
}

function otherUnitOf({ places, isAgent }: InstallOptions): string | undefined {
  const file = isAgent ? places.unitFile : places.agentUnitFile;
  return existsSync(file) ? basename(file) : undefined;
}

function agentTextOf({ places, isAgent, hasUnit, config }: InstallOptions): string | undefined {
  return isAgent && hasUnit ? agentFileText(config, existsSync(places.agentFile)) : undefined;
}

async function writeIf(
  isNeeded: boolean,
  file: string,
  text: string,
  isDryRun: boolean,
  done: (what: string) => void,
): Promise<void> {
  if (!isNeeded) return;
  if (!isDryRun) {
    await mkdir(dirname(file), { recursive: true });
    await replaceFile(file, 0o644, text);
  }
  done(file);
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
