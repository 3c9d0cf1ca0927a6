import type { Command } from "commander";
import { contextOf, makeCommand } from "../command.ts";
import { kebab, type SettingName, type Texts } from "../config.ts";
import { ExitCode, explain } from "../explain.ts";
import type { Io } from "../io.ts";
import { type FromChild, failedMessage } from "../up/child-control.ts";
import { detach } from "../up/detach.ts";
import { isInUse } from "../up/lock-soon.ts";
import { notifyReady } from "../up/notify.ts";
import { replaceSelf } from "../up/replace-self.ts";
import { DOWN_EXIT, type Ending, up } from "../up/up.ts";
import { type UpStage, writeUpRecord } from "../up/up-record.ts";
import { packageVersion } from "../version.ts";

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
  "historyRows",
  "historyDays",
  "alertWebhook",
  "alertWebhookFile",
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
  const whisper = (line: string): boolean => {
    if (flags.detachedRun && process.connected) tell({ say: "line", text: line });
    else if (!flags.detachedRun && process.stdout.isTTY) io.out(`${line}\n`);
    else return false;
    return true;
  };
  const words = wordsOf(command);
  const record = (stage: UpStage, cause: string): Promise<void> => {
    const { pid } = process;
    const isSupervised = Boolean(io.env.INVOCATION_ID);
    const version = packageVersion();
    return writeUpRecord(config.state, { pid, version, stage, cause, isSupervised, words });
  };
  const onServing = (): Promise<void> => record("serving", "");
  const onReady = async (): Promise<void> => {
    tell({ say: "ready" });
    await record("ready", "");
    const missed = await notifyReady(io.env);
    if (missed) say(`· ${missed}`);
  };
  const ending = endingOfSignals(say);
  const onLocked = (): Promise<void> => record("starting", "");
  try {
    await up({ config, io, files, ending, say, whisper, onLocked, onServing, onReady });
  } catch (error) {
    tell(failedMessage(error));
    // Who is refused a folder that is in use has nothing to write there.
    if (!isInUse(error)) await record("failed", explain(error).cause).catch(() => undefined);
    throw error;
  }
  if (ending.reason === "replace") replaceSelf(words, io.env);
  if (ending.reason === "down" && io.env.INVOCATION_ID) throw new ExitCode(DOWN_EXIT);
}

/** How this was called, without files: what was applied once is the owner's to change since. */
function wordsOf(command: Command): readonly string[] {
  const given = command.opts() as Texts & { readonly detachedRun?: true };
  const names = [...UP_SETTINGS, "config"].filter((name) => given[name] !== undefined);
  const flags = names.flatMap((name) => [`--${kebab(name)}`, String(given[name])]);
  return ["up", ...flags, ...(given.detachedRun ? ["--detached-run"] : [])];
}

function endingOfSignals(say: (line: string) => void): AbortSignal {
  const ending = new AbortController();
  const end = (how: Ending, sentence: string): void => {
    if (!ending.signal.aborted) say(sentence);
    ending.abort(how);
  };
  process.on("SIGINT", () => end("down", "· going down: stopping game servers"));
  process.on("SIGUSR2", () => end("replace", "· handing over: game servers go on"));
  for (const signal of ["SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => end("stop", "· stopping: game servers go on"));
  return ending.signal;
}
