import type { Command } from "commander";
import { KINDS } from "../../core/model/kinds.ts";
import { FleetError } from "../../core/std/errors.ts";
import { pathOf } from "../api-client.ts";
import { CLIENT_SETTINGS, contextOf, makeCommand, oneNamed } from "../command.ts";
import type { Io } from "../io.ts";

export function scaleCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "scale <what...>",
    summary: "Set the number of replicas (allocated game servers are never removed by it)",
    settings: CLIENT_SETTINGS,
    examples: [
      ["flotilla scale fleet arena --replicas 5", "five game servers"],
      ["flotilla scale fleet/arena --replicas 0", "none but the allocated ones"],
      ["flotilla scale service/hello --replicas 3", "three replicas of a Service"],
    ],
  });
  command
    .requiredOption("--replicas <count>", "how many")
    .action((words: readonly string[], options: { readonly replicas: string }) =>
      scale(io, command, words, options.replicas),
    );
  return command;
}

async function scale(io: Io, command: Command, words: readonly string[], wanted: string) {
  const { config, api } = contextOf(io, command);
  const { kind, name } = oneNamed(words);
  if (!/^\d{1,9}$/.test(wanted))
    throw new FleetError("INVALID", `--replicas takes a count from 0 on, not ${wanted}`);
  if (!KINDS[kind].scale) throw new FleetError("INVALID", `a ${kind} has no replicas`);
  await api.request({
    method: "PATCH",
    path: pathOf({ kind, namespace: config.namespace, name, part: "scale" }),
    body: { spec: { replicas: Number(wanted) } },
    contentType: "application/merge-patch+json",
  });
  io.out(`${kind.toLowerCase()}/${name} scaled to ${wanted}\n`);
}
