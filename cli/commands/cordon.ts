import type { Command } from "commander";
import { rfc3339 } from "../../core/std/clock.ts";
import { FleetError } from "../../core/std/errors.ts";
import { pathOf } from "../api-client.ts";
import { CLIENT_SETTINGS, contextOf, makeCommand } from "../command.ts";
import { durationMs } from "../duration.ts";
import type { Io } from "../io.ts";

/** `flotilla cordon NODE`: nothing new is placed there; what is there goes on. */
export function cordonCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "cordon <node>",
    summary: "Place nothing new on a node; what runs there goes on",
    settings: CLIENT_SETTINGS,
    examples: [["flotilla cordon vm-2", "until: flotilla uncordon vm-2"]],
  });
  command.action((node: string) =>
    change(io, command, node, { unschedulable: true }, "is cordoned"),
  );
  return command;
}

/** `flotilla uncordon NODE`: also ends a drain. */
export function uncordonCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "uncordon <node>",
    summary: "Let a node take new game servers and containers again; ends a drain, too",
    settings: CLIENT_SETTINGS,
    examples: [["flotilla uncordon vm-2", "after its maintenance"]],
  });
  command.action((node: string) =>
    change(io, command, node, { unschedulable: false, drain: null }, "takes new ones again"),
  );
  return command;
}

/** `flotilla drain NODE`: cordons it, and lets go of what can be elsewhere. */
export function drainCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "drain <node>",
    summary: "Move off a node what can move; held game servers stay until they end or the deadline",
    settings: CLIENT_SETTINGS,
    examples: [
      ["flotilla drain vm-2", "held game servers stay as long as players hold them"],
      ["flotilla drain vm-2 --deadline 10m", "in ten minutes they end, too"],
    ],
  });
  command
    .option("--deadline <time>", "when held game servers end, too: 90s, 10m, 2h")
    .action((node: string, { deadline }: { readonly deadline?: string }) => {
      const drain = deadline ? { deadline: rfc3339(io.now() + waitMs(deadline)) } : {};
      const until = deadline ? ` until ${drain.deadline}` : "";
      return change(io, command, node, { unschedulable: true, drain }, `is draining${until}`);
    });
  return command;
}

function waitMs(text: string): number {
  const ms = durationMs(text);
  if (ms !== undefined) return ms;
  throw new FleetError("INVALID", `--deadline takes a time such as 90s, 10m or 2h, not ${text}`);
}

async function change(io: Io, command: Command, name: string, spec: object, done: string) {
  const { api } = contextOf(io, command);
  await api.request({
    method: "PATCH",
    path: pathOf({ kind: "Node", namespace: undefined, name }),
    body: { spec },
    contentType: "application/merge-patch+json",
  });
  io.out(`node/${name} ${done}\n`);
}
