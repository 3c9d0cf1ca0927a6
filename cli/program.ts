import { Command, CommanderError } from "commander";
import { FleetError } from "../core/std/errors.ts";
import { agentCommand } from "./commands/agent.ts";
import { alertCommand } from "./commands/alert.ts";
import { allocateCommand } from "./commands/allocate.ts";
import { applyCommand } from "./commands/apply.ts";
import { auditCommand } from "./commands/audit.ts";
import { certificateCommand } from "./commands/certificate.ts";
import { cordonCommand, drainCommand, uncordonCommand } from "./commands/cordon.ts";
import { deleteCommand } from "./commands/delete.ts";
import { describeCommand } from "./commands/describe.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { doorCommand } from "./commands/door.ts";
import { downCommand } from "./commands/down.ts";
import { execCommand } from "./commands/exec.ts";
import { getCommand } from "./commands/get.ts";
import { historyCommand } from "./commands/history.ts";
import { imageCommand } from "./commands/image.ts";
import {
  installCommand,
  preflightCommand,
  uninstallCommand,
  upgradeCommand,
} from "./commands/install.ts";
import { logsCommand } from "./commands/logs.ts";
import { nodeCommand } from "./commands/node.ts";
import { powerCommand } from "./commands/power.ts";
import { rolloutCommand } from "./commands/rollout.ts";
import { roomCommand } from "./commands/room.ts";
import { scaleCommand } from "./commands/scale.ts";
import { secretCommand } from "./commands/secret.ts";
import { serverCommand } from "./commands/server.ts";
import { tokenCommand } from "./commands/token.ts";
import { topCommand } from "./commands/top.ts";
import { upCommand } from "./commands/up.ts";
import { userCommand } from "./commands/user.ts";
import { versionCommand } from "./commands/version.ts";
import { ExitCode, errorText, explain } from "./explain.ts";
import type { Io } from "./io.ts";
import { packageVersion } from "./version.ts";

const HELP_GROUPS: readonly (readonly [string, (io: Io) => readonly Command[]])[] = [
  ["Run it:", (io) => [upCommand(io), downCommand(io), doctorCommand(io)]],
  ["Keep it running:", (io) => [installCommand(io), upgradeCommand(io), uninstallCommand(io)]],
  [
    "Look:",
    (io) => [
      getCommand(io),
      describeCommand(io),
      historyCommand(io),
      logsCommand(io),
      topCommand(io),
      alertCommand(io),
    ],
  ],
  [
    "Change:",
    (io) => [
      applyCommand(io),
      deleteCommand(io),
      scaleCommand(io),
      rolloutCommand(io),
      allocateCommand(io),
      roomCommand(io),
      powerCommand(io, "start"),
      powerCommand(io, "stop"),
      powerCommand(io, "restart"),
      execCommand(io),
      cordonCommand(io),
      uncordonCommand(io),
      drainCommand(io),
    ],
  ],
  ["Who may do what:", (io) => [userCommand(io), tokenCommand(io), auditCommand(io)]],
  [
    "Images, secrets, certificates:",
    (io) => [imageCommand(io), secretCommand(io), certificateCommand(io), versionCommand(io)],
  ],
  [
    "Single parts, for several machines:",
    (io) => [nodeCommand(io), serverCommand(io), agentCommand(io)],
  ],
];

/** The whole command line. */
export function makeProgram(io: Io): Command {
  const program = new Command("flotilla")
    .description("Game-server fleets on bare Linux: no Kubernetes, no Docker, one command.")
    .version(packageVersion(), "-V, --version", "print this program's version")
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err, outputError: () => undefined });
  for (const [heading, commands] of HELP_GROUPS)
    for (const command of commands(io)) program.addCommand(command.helpGroup(heading));
  for (const started of [doorCommand(io), preflightCommand(io)])
    program.addCommand(started, { hidden: true });
  program.addHelpText("after", "\nStart with: flotilla up    Help on one: flotilla get --help\n");
  return program;
}

/** Runs one command line and says how it ended; every failure has been printed as cause and next step. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  try {
    await makeProgram(io).parseAsync(argv, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError && error.code === "commander.help") return 2;
    if (error instanceof ExitCode) return error.code;
    const told = error instanceof CommanderError ? usageError(error) : error;
    io.err(errorText(told));
    return explain(told).exit;
  }
}

/** Commander's words for a wrong command line, in the form of every other error. */
function usageError({ message }: CommanderError): FleetError {
  const [first = "", hint] = message.replace(/^error: /, "").split("\n");
  const suggestion = hint?.replace(/^\(|\)$/g, "");
  const cause = first.charAt(0).toLowerCase() + first.slice(1);
  return new FleetError("BAD_REQUEST", cause, suggestion ? { next: suggestion.toLowerCase() } : {});
}
