import type { Command } from "commander";
import { FleetError } from "../../core/std/errors.ts";
import { contextOf, makeCommand } from "../command.ts";
import { portUser } from "../doctor/facts.ts";
import { install } from "../install/install.ts";
import { linkedVersion } from "../install/layout.ts";
import { PREFIX, placesOf } from "../install/places.ts";
import { connectedPlayers } from "../install/players.ts";
import { uninstall } from "../install/uninstall.ts";
import { upgrade } from "../install/upgrade.ts";
import type { Io } from "../io.ts";
import { ownMigration } from "../state/bring-forward.ts";
import { checkCopy } from "../state/check-copy.ts";
import { down } from "../up/down.ts";
import { PACKAGE_FOLDER, packageVersion } from "../version.ts";

const PREFIX_OPTION = ["--prefix <folder>", `where the program lies (default: ${PREFIX})`] as const;
const ROOT_OPTION = [
  "--root <folder>",
  "treat a folder as the machine's root: for images of machines",
] as const;
const PATIENCE_SECONDS = 120;

export function installCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "install",
    summary: "Install this program on this machine, with its settings and its systemd unit",
    settings: ["state", "listen", "port", "api"],
    examples: [
      ["flotilla install --dry-run", "say what it would do"],
      ["flotilla install --enable", "and start it, now and at each boot"],
      [
        "FLOTILLA_JOIN_TOKEN=… flotilla install --agent --api https://10.0.0.5:8701 --enable",
        "the agent alone, for a control plane on another machine",
      ],
      ["flotilla install --root /mnt/image", "into the image of another machine"],
    ],
  });
  command
    .option(...PREFIX_OPTION)
    .option(...ROOT_OPTION)
    .option("--agent", "the agent alone, which joins a control plane with FLOTILLA_JOIN_TOKEN")
    .option("--enable", "start it now, and at each boot")
    .option("--no-unit", "no systemd unit: something else keeps `flotilla up` running")
    .option("--dry-run", "change nothing, say what would be done")
    .action(async (flags: InstallFlags) => {
      const { config } = contextOf(io, command);
      const places = placesOf(flags.prefix ?? PREFIX, flags.root);
      const isSet = linkedVersion(places.layout.current) !== undefined;
      const isAgent = flags.agent === true;
      const isLooked = places.isHere && !isSet && !isAgent;
      await install({
        places,
        source: PACKAGE_FOLDER,
        config,
        isAgent,
        isDryRun: flags.dryRun === true,
        isEnabled: flags.enable === true,
        hasUnit: flags.unit,
        portUser: isLooked ? await portUser(config) : undefined,
        say: (line) => io.out(`${line}\n`),
      });
    });
  return command;
}

interface InstallFlags {
  readonly prefix?: string;
  readonly root?: string;
  readonly agent?: true;
  readonly enable?: true;
  readonly unit: boolean;
  readonly dryRun?: true;
}

export function uninstallCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "uninstall",
    summary: "Stop everything and take the program away; what is stored stays",
    settings: ["state", "api", "tokenFile", "driver", "pool", "node"],
    examples: [
      ["flotilla uninstall", "refused while players are connected"],
      ["flotilla uninstall --force --purge", "whoever plays, and with everything that is stored"],
    ],
  });
  command
    .option(...PREFIX_OPTION)
    .option(...ROOT_OPTION)
    .option("--purge", "delete settings and the state folder, too")
    .option("--force", "even while players are connected")
    .action(async (flags: { prefix?: string; root?: string; purge?: true; force?: true }) => {
      const { config, api } = contextOf(io, command);
      const isPurge = flags.purge === true;
      await uninstall({
        places: placesOf(flags.prefix ?? PREFIX, flags.root),
        players: () => connectedPlayers(api),
        isForced: flags.force === true,
        isPurge,
        down: () => down({ config, flags: command.opts(), io, isPurge }),
        say: (line) => io.out(`${line}\n`),
      });
    });
  return command;
}

interface UpgradeFlags {
  readonly prefix?: string;
  readonly to?: string;
  readonly check?: true;
  readonly dryRun?: true;
  readonly rollback?: true;
  readonly discardNewer?: true;
  readonly patience?: string;
}

export function upgradeCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "upgrade",
    summary: "Bring in another version while game servers run and players stay connected",
    settings: ["state", "api", "tokenFile", "node"],
    examples: [
      ["flotilla upgrade --to flotilla-0.2.0.tgz", "a package that `npm pack` made"],
      ["flotilla upgrade --to ~/flotilla --check", "try a clone's version on a copy of the state"],
      ["flotilla upgrade --rollback", "the version that ran before"],
    ],
  });
  command
    .option(...PREFIX_OPTION)
    .option("--to <place>", "a folder of the program, or a .tgz; this program by default")
    .option("--check", "try it on a copy of the state and change nothing else")
    .option("--dry-run", "the same as --check")
    .option("--rollback", "go back to the version before")
    .option(
      "--discard-newer",
      "with --rollback: lose what was stored since the state was converted",
    )
    .option(
      "--patience <seconds>",
      `how long it may take to get well (default: ${PATIENCE_SECONDS})`,
    )
    .action((flags: UpgradeFlags) => runUpgrade(io, command, flags));
  return command;
}

async function runUpgrade(io: Io, command: Command, flags: UpgradeFlags): Promise<void> {
  const { config, api } = contextOf(io, command);
  const places = placesOf(flags.prefix ?? PREFIX, undefined);
  const seconds = Number(flags.patience ?? PATIENCE_SECONDS);
  if (!(seconds >= 1 && seconds <= 3_600))
    throw new FleetError(
      "INVALID",
      `--patience takes seconds from 1 to 3600, not ${flags.patience}`,
    );
  const previous = linkedVersion(places.layout.previous);
  if (flags.rollback && flags.to)
    throw new FleetError("INVALID", "--rollback and --to exclude each other");
  if (flags.rollback && previous === undefined)
    throw new FleetError("NOT_FOUND", "there is no version before", {
      next: "name one: --to FILE",
    });
  const to = flags.rollback ? { version: previous ?? "" } : { source: flags.to ?? PACKAGE_FOLDER };
  await upgrade({
    places,
    config,
    api,
    io,
    to,
    isCheck: flags.check === true || flags.dryRun === true,
    isDiscarding: flags.discardNewer === true,
    patienceMs: seconds * 1_000,
    say: (line) => io.out(`${line}\n`),
  });
}

/** Started by `flotilla upgrade`, never by a person: what this version says to a copy of a state folder. */
export function preflightCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "preflight",
    summary: "Try this version on a copy of the state (started by upgrade)",
    settings: ["state"],
    examples: [["flotilla preflight", "one line of JSON: what a start of this version would do"]],
  });
  command.action(async () => {
    const { config } = contextOf(io, command);
    const migration = (await checkCopy(config.state, ownMigration())) ?? null;
    io.out(`${JSON.stringify({ version: packageVersion(), migration })}\n`);
  });
  return command;
}
