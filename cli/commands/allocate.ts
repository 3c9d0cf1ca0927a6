import { type Command, Option } from "commander";
import type { AllocationStatus } from "../../core/model/allocation.ts";
import { portsText } from "../../core/model/columns.ts";
import { FLEET_LABEL } from "../../core/model/fleet.ts";
import { apiVersionOf } from "../../core/model/kinds.ts";
import { FleetError } from "../../core/std/errors.ts";
import { pathOf } from "../api-client.ts";
import { CLIENT_SETTINGS, contextOf, makeCommand } from "../command.ts";
import type { Io } from "../io.ts";
import { type OutputForm, outputOption, outputText } from "../output.ts";
import { keyHeader, pairsOf, waitOf } from "../request-words.ts";
import { textTable } from "../text-table.ts";

interface AllocateOptions {
  readonly selector?: string;
  readonly scheduling: "Packed" | "Distributed";
  readonly output: OutputForm;
  readonly idempotencyKey?: string;
  readonly wait?: string;
}

export function allocateCommand(io: Io): Command {
  const command: Command = makeCommand(io, {
    usage: "allocate [fleet]",
    summary: "Take one Ready game server for players; the answer is durable",
    settings: CLIENT_SETTINGS,
    examples: [
      ["flotilla allocate arena", "one of the fleet arena"],
      ["flotilla allocate -l region=eu,mode=ranked", "one by its labels"],
      ["flotilla allocate arena --wait 30s", "wait for one, also while the fleet wakes from zero"],
      ["flotilla allocate arena -o json", "the whole answer"],
    ],
  });
  command
    .option("-l, --selector <labels>", "labels that it must have: a=b,c=d")
    .addOption(
      new Option("--scheduling <how>", "Packed fills machines, Distributed spreads")
        .choices(["Packed", "Distributed"])
        .default("Packed"),
    )
    .option("--idempotency-key <key>", "the same key gets the same answer again")
    .option("--wait <time>", "wait so long for a server when none is there: 30, 500ms or 1m")
    .addOption(outputOption())
    .action((fleet: string | undefined, options: AllocateOptions) =>
      allocate(io, command, fleet, options),
    );
  return command;
}

async function allocate(
  io: Io,
  command: Command,
  fleet: string | undefined,
  options: AllocateOptions,
) {
  const { config, api } = contextOf(io, command);
  const kind = "GameServerAllocation";
  const labels = { ...pairsOf(options.selector), ...(fleet ? { [FLEET_LABEL]: fleet } : {}) };
  const selectors = [{ matchLabels: labels }];
  const { body } = await api.request({
    method: "POST",
    path: pathOf({ kind, namespace: config.namespace }),
    body: {
      apiVersion: apiVersionOf(kind),
      kind,
      spec: { selectors, scheduling: options.scheduling, ...waitOf(options.wait) },
    },
    headers: keyHeader(options.idempotencyKey),
  });
  const { status } = body as { readonly status: AllocationStatus };
  if (status.state !== "Allocated") {
    const what = fleet ? `of fleet ${fleet}` : "that matches";
    throw new FleetError("EXHAUSTED", status.message || `no Ready game server ${what}`, {
      next: `see what there is: flotilla get gs -n ${config.namespace}`,
    });
  }
  if (options.output === "table" || options.output === "wide") io.out(answerTable(status));
  else io.out(outputText(options.output, { kind, items: [body as never], isOne: true }, noTable));
}

const noTable = { wide: false, withNamespace: false, now: 0 };

function answerTable({ gameServerName, address, ports, nodeName }: AllocationStatus): string {
  return textTable([
    ["GAMESERVER", "ADDRESS", "PORTS", "NODE"],
    [gameServerName, address, portsText(ports), nodeName],
  ]);
}
