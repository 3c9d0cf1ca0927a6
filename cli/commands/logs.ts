import type { Command } from "commander";
import { pathOf } from "../api-client.ts";
import { CLIENT_SETTINGS, contextOf, makeCommand, oneContainer } from "../command.ts";
import type { Io } from "../io.ts";

interface LogOptions {
  readonly follow?: true;
  readonly tail?: string;
  readonly timestamps?: true;
}

export function logsCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "logs <what...>",
    summary: "Show what a game server or Container wrote to its output",
    settings: CLIENT_SETTINGS,
    examples: [
      ["flotilla logs arena-x7k2p", "a game server's, as far as they are kept"],
      ["flotilla logs -f --tail 20 container/red", "a Container's last lines and what follows"],
    ],
  });
  command
    .option("-f, --follow", "go on until it ends or Ctrl-C")
    .option("--tail <lines>", "only the last lines")
    .option("--timestamps", "with the time of each line")
    .action((words: readonly string[], options: LogOptions) => logs(io, command, words, options));
  return command;
}

async function logs(io: Io, command: Command, words: readonly string[], options: LogOptions) {
  const { config, api } = contextOf(io, command);
  const path = pathOf({
    ...oneContainer(words),
    namespace: config.namespace,
    part: "log",
    query: {
      follow: options.follow ? "1" : undefined,
      tailLines: options.tail,
      timestamps: options.timestamps ? "1" : undefined,
    },
  });
  const decoder = new TextDecoder();
  for await (const chunk of api.bytes(path, io.signal))
    io.out(decoder.decode(chunk, { stream: true }));
}
