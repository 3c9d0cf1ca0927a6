import type { Command } from "commander";
import { contextOf, makeCommand } from "../command.ts";
import type { SettingName } from "../config.ts";
import type { Io } from "../io.ts";
import { type FromChild, failedMessage } from "../up/child-control.ts";
import { detach } from "../up/detach.ts";
import { type Ending, up } from "../up/up.ts";

interface UpFlags {
  readonly filename?: readonly string[];
  readonly detach?: true;
  readonly detachedRun?: true;
}

/** Settings of a whole machine. */
export const UP_SETTINGS: readonly SettingName[] = [
  "state",
  "listen",
  "port",
  "advertiseAddress",
  "node",
  "driver",
  "pool",
  "servicePool",
  "portRange",
  "labels",
  "reserve",
  "tlsListen",
  "serverNames",
  "allocatorListen",
  "allocatorAuth",
  "allocatorTls",
  "allocatorClientCa",
  "nodeLostAfter",
  "serverUid",
  "namespace",
  "logLevel",
];

export function upCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "up",
    summary: "Run control plane and agent on this machine, until Ctrl-C",
    settings: UP_SETTINGS,
    examples: [
      ["flotilla up", "run it; Ctrl-C stops the game servers, what is stored stays"],
      [
        "flotilla up -f examples/demo",
        "build a folder's images, make its secrets, apply its files",
      ],
      ["flotilla up --detach", "in the background; ended by `flotilla down`"],
      ["flotilla up --advertise-address 203.0.113.7", "for players on other machines"],
    ],
  });
  command
    .option("-f, --filename <file...>", "files or folders to apply when it is up")
    .option("--detach", "go on in the background; returns when everything is ready")
    .action((flags: UpFlags) => run(io, command, flags));
  command.addOption(command.createOption("--detached-run").hideHelp());
  return command;
}

async function run(io: Io, command: Command, flags: UpFlags): Promise<void> {
  const { config } = contextOf(io, command);
  const files = flags.filename ?? [];
  if (flags.detach) return detach({ config, settings: UP_SETTINGS, files, io });
  const tell = (message: FromChild): void => {
    // The one who started us in the background listens only until we are ready.
    if (flags.detachedRun && process.connected)
      process.send?.(message, undefined, {}, () => undefined);
  };
  const say = (line: string): void => {
    io.out(`${line}\n`);
    tell({ say: "line", text: line });
  };
  const onReady = (): void => tell({ say: "ready" });
  try {
    await up({ config, io, files, ending: endingOfSignals(say), say, onReady });
  } catch (error) {
    tell(failedMessage(error));
    throw error;
  }
}

function endingOfSignals(say: (line: string) => void): AbortSignal {
  const ending = new AbortController();
  const end = (how: Ending, sentence: string): void => {
    if (!ending.signal.aborted) say(sentence);
    ending.abort(how);
  };
  process.on("SIGINT", () => end("down", "· going down: stopping game servers"));
  for (const signal of ["SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => end("stop", "· stopping: game servers go on"));
  return ending.signal;
}
