import type { Command } from "commander";
import { stringify } from "yaml";
import { ageOf } from "../../core/model/age.ts";
import { FLEET_LABEL, type Fleet, type FleetRevision } from "../../core/model/fleet.ts";
import { systemClock } from "../../core/std/clock.ts";
import { FleetError } from "../../core/std/errors.ts";
import { sameJson } from "../../core/std/json.ts";
import { type ApiClient, pathOf } from "../api-client.ts";
import { CLIENT_SETTINGS, type CommandSpec, contextOf, makeCommand, oneNamed } from "../command.ts";
import type { Io } from "../io.ts";
import { followRollout } from "../rollout-status.ts";
import { textTable } from "../text-table.ts";

/** What a subcommand works with: one fleet of one namespace. */
interface Asked {
  readonly io: Io;
  readonly api: ApiClient;
  readonly namespace: string;
  readonly name: string;
}

/** `flotilla rollout …`, as `kubectl rollout` has it, for fleets. */
export function rolloutCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "rollout",
    summary: "Follow, hold or take back the change of a fleet's template",
    settings: [],
    examples: [
      ["flotilla rollout status fleet/arena", "wait until the new version is there"],
      ["flotilla rollout history fleet/arena", "what the fleet was before"],
      ["flotilla rollout undo fleet/arena", "back to the version before"],
      ["flotilla rollout undo fleet/arena --to-revision 3", "back to that one"],
      ["flotilla rollout pause fleet/arena", "no further step, until it is resumed"],
      ["flotilla rollout resume fleet/arena", "go on with it"],
    ],
  });
  for (const sub of [statusCommand, historyCommand, undoCommand]) command.addCommand(sub(io));
  command.addCommand(pauseCommand(io, "pause")).addCommand(pauseCommand(io, "resume"));
  return command;
}

function statusCommand(io: Io): Command {
  const command = subcommand(io, {
    usage: "status <what...>",
    summary: "Say how far a rollout is, until it has ended",
    examples: [
      ["flotilla rollout status fleet/arena", "wait for it, at most ten minutes"],
      ["flotilla rollout status fleet/arena --timeout 60", "exit code 8 when it is not there then"],
      ["flotilla rollout status fleet/arena --no-wait", "say it once"],
    ],
  });
  return command
    .option("--timeout <seconds>", "how long to wait; 0 waits for ever", "600")
    .option("--no-wait", "say it once, and end with 0")
    .action(async (words: readonly string[], options: { timeout: string; wait: boolean }) => {
      const { api, namespace, name } = askedOf(io, command, words);
      const timeoutMs = wholeNumber("--timeout", options.timeout) * 1_000;
      await followRollout({
        io,
        api,
        namespace,
        name,
        timeoutMs,
        clock: systemClock,
        wait: options.wait,
      });
    });
}

function historyCommand(io: Io): Command {
  const command = subcommand(io, {
    usage: "history <what...>",
    summary:
      "List the templates that a fleet had (annotate it with kubernetes.io/change-cause to say why)",
    examples: [
      ["flotilla rollout history fleet/arena", "all that are kept (spec.revisionHistoryLimit)"],
      ["flotilla rollout history fleet/arena --revision 3", "one of them, whole"],
    ],
  });
  return command
    .option("--revision <number>", "show this one whole")
    .action(async (words: readonly string[], options: { revision?: string }) => {
      const asked = askedOf(io, command, words);
      const { fleet, history } = await readHistory(asked);
      if (options.revision === undefined) return io.out(historyText(fleet, history, io.now()));
      const { spec } = revisionIn(history, asked.name, wholeNumber("--revision", options.revision));
      io.out(stringify(spec));
    });
}

function undoCommand(io: Io): Command {
  const command = subcommand(io, {
    usage: "undo <what...>",
    summary: "Roll a fleet back to a template that it had",
    examples: [
      ["flotilla rollout undo fleet/arena", "to the one before the present one"],
      ["flotilla rollout undo fleet/arena --to-revision 3", "to that one"],
    ],
  });
  return command
    .option("--to-revision <number>", "which; without it the one before the present one")
    .action(async (words: readonly string[], options: { toRevision?: string }) => {
      const number = options.toRevision && wholeNumber("--to-revision", options.toRevision);
      await undo(askedOf(io, command, words), number || undefined);
    });
}

function pauseCommand(io: Io, verb: "pause" | "resume"): Command {
  const isPause = verb === "pause";
  const command = subcommand(io, {
    usage: `${verb} <what...>`,
    summary: isPause
      ? "Take no further step of a rollout; broken servers are still replaced"
      : "Go on with a rollout that was paused",
    examples: [[`flotilla rollout ${verb} fleet/arena`, isPause ? "hold it" : "go on"]],
  });
  return command.action(async (words: readonly string[]) => {
    const { api, namespace, name } = askedOf(io, command, words);
    await api.request({
      method: "PATCH",
      path: pathOf({ kind: "Fleet", namespace, name }),
      body: { spec: { paused: isPause ? true : null } },
      contentType: "application/merge-patch+json",
    });
    io.out(`fleet/${name} ${isPause ? "paused" : "resumed"}\n`);
  });
}

function subcommand(io: Io, spec: Omit<CommandSpec, "settings">): Command {
  return makeCommand(io, { ...spec, settings: CLIENT_SETTINGS });
}

function askedOf(io: Io, command: Command, words: readonly string[]): Asked {
  const { config, api } = contextOf(io, command);
  const { kind, name } = oneNamed(words);
  if (kind !== "Fleet")
    throw new FleetError("INVALID", `a ${kind} is not rolled out: name a fleet`);
  return { io, api, namespace: config.namespace, name };
}

function wholeNumber(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new FleetError("INVALID", `${option} takes a whole number, not ${text}`);
}

interface History {
  readonly fleet: Fleet;
  /** Newest first. */
  readonly history: readonly FleetRevision[];
}
async function readHistory({ api, namespace, name }: Asked): Promise<History> {
  const fleet = (await api.get({ kind: "Fleet", namespace, name })) as unknown as Fleet;
  const query = { labelSelector: `${FLEET_LABEL}=${name}` };
  const { items } = await api.list({ kind: "FleetRevision", namespace, query });
  const mine = (items as unknown as FleetRevision[]).filter(({ metadata }) =>
    metadata.ownerReferences?.some(({ uid }) => uid === fleet.metadata.uid),
  );
  return { fleet, history: mine.sort((a, b) => b.spec.revision - a.spec.revision) };
}

function historyText(fleet: Fleet, history: readonly FleetRevision[], now: number): string {
  const rows = [...history]
    .reverse()
    .map(({ metadata, spec }) => [
      String(spec.revision),
      ageOf(metadata.creationTimestamp, now),
      spec.template.spec.template.spec.containers[0]?.image ?? "",
      sameJson(spec.template, fleet.spec.template) ? "present" : "",
      spec.changeCause ?? "",
    ]);
  return textTable([["REVISION", "AGE", "IMAGE", "", "CHANGE-CAUSE"], ...rows]);
}

function revisionIn(
  history: readonly FleetRevision[],
  fleet: string,
  revision: number,
): FleetRevision {
  const found = history.find(({ spec }) => spec.revision === revision);
  if (found) return found;
  throw new FleetError("NOT_FOUND", `fleet ${fleet} has no revision ${revision}`, {
    next: `\`flotilla rollout history fleet/${fleet}\` lists those that are kept`,
  });
}

async function undo(asked: Asked, revision: number | undefined): Promise<void> {
  const { io, api, namespace, name } = asked;
  const { fleet, history } = await readHistory(asked);
  if (fleet.spec.paused)
    throw new FleetError("FAILED_PRECONDITION", `fleet ${name} is paused`, {
      next: `flotilla rollout resume fleet/${name}`,
    });
  const before = history.find(({ spec }) => !sameJson(spec.template, fleet.spec.template));
  const target = revision === undefined ? before : revisionIn(history, name, revision);
  if (!target)
    throw new FleetError("NOT_FOUND", `fleet ${name} has no revision before the present one`);
  const { template, revision: number } = target.spec;
  if (sameJson(template, fleet.spec.template)) {
    io.out(`fleet/${name} has the template of revision ${number} already\n`);
    return;
  }
  // A replacement with the resourceVersion: what somebody else changed in between is not undone unseen.
  const body = { ...fleet, spec: { ...fleet.spec, template } };
  await api.request({ method: "PUT", path: pathOf({ kind: "Fleet", namespace, name }), body });
  io.out(`fleet/${name} rolls back to revision ${number}\n`);
}
