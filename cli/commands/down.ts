import type { Command } from "commander";
import { contextOf, makeCommand } from "../command.ts";
import type { Io } from "../io.ts";
import { down } from "../up/down.ts";

export function downCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "down",
    summary: "Stop what `up` runs on this machine, with its game servers",
    settings: ["state", "driver", "pool", "node"],
    examples: [
      ["flotilla down", "stop it; also cleans up after a crash; what is stored stays"],
      ["flotilla down --purge", "and delete everything that is stored"],
    ],
  });
  command
    .option("--purge", "delete the state folder: resources, images, logs, tokens, volumes")
    .action(async (flags: { readonly purge?: true }) => {
      const { config } = contextOf(io, command);
      await down({ config, flags: command.opts(), io, isPurge: flags.purge === true });
    });
  return command;
}
