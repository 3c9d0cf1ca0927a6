import type { Command } from "commander";
import { rfc3339 } from "../../core/std/clock.ts";
import { FleetError } from "../../core/std/errors.ts";
import { pathOf } from "../api-client.ts";
import { CLIENT_SETTINGS, contextOf, makeCommand, oneContainer } from "../command.ts";
import type { Io } from "../io.ts";

type Verb = "start" | "stop" | "restart";
// biome-ignore format: a table is read by its columns
const VERBS: Readonly<Record<Verb, { readonly summary: string; readonly done: string }>> = {
  start:   { summary: "Start a Container that was stopped",                       done: "is to run" },
  stop:    { summary: "Stop a Container and keep it, with its named volumes",     done: "is to stop" },
  restart: { summary: "Stop a Container and start it again with a fresh root",    done: "is to restart" },
};

/** `flotilla start|stop|restart`: changes what is wanted; the agent of its node does it. */
export function powerCommand(io: Io, verb: Verb): Command {
  const command = makeCommand(io, {
    usage: `${verb} <what...>`,
    summary: VERBS[verb].summary,
    settings: CLIENT_SETTINGS,
    examples: [[`flotilla ${verb} container/red`, "one container"]],
  });
  command.action((words: readonly string[]) => power(io, command, verb, words));
  return command;
}

async function power(io: Io, command: Command, verb: Verb, words: readonly string[]) {
  const { config, api } = contextOf(io, command);
  const qualified =
    words.length === 1 && !words[0]?.includes("/") ? ["container", ...words] : words;
  const { kind, name } = oneContainer(qualified);
  if (kind !== "Container")
    throw new FleetError("INVALID", `a GameServer cannot be told to ${verb}`, {
      next: "delete it: its fleet makes another",
    });
  const body =
    verb === "restart"
      ? { spec: { running: true, restartedAt: rfc3339(io.now()) } }
      : { spec: { running: verb === "start" } };
  await api.request({
    method: "PATCH",
    path: pathOf({ kind, namespace: config.namespace, name }),
    body,
    contentType: "application/merge-patch+json",
  });
  io.out(`container/${name} ${VERBS[verb].done}\n`);
}
