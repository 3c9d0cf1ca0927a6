import { type Command, Option } from "commander";
import { formatDuration } from "../../core/model/age.ts";
import type { Alert, AlertRuleView, Silence } from "../../core/model/alert.ts";
import { FleetError } from "../../core/std/errors.ts";
import type { ApiClient } from "../api-client.ts";
import { CLIENT_SETTINGS, contextOf, makeCommand } from "../command.ts";
import { durationMs } from "../duration.ts";
import { ExitCode } from "../explain.ts";
import type { Io } from "../io.ts";
import { printable, textTable } from "../text-table.ts";

/** Of `alert ls --check`: something fires that nobody has silenced. */
export const FIRING_EXIT = 8;

/** `flotilla alert ls|ack|silence|silences|unsilence|rules`: what is wrong, and who looks after it. */
export function alertCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "alert",
    summary: "Show what is wrong, say that you have seen it, keep it quiet",
    settings: [],
    examples: [
      ["flotilla alert ls", "what is pending and firing"],
      ["flotilla alert ack ID --comment 'on it'", "seen"],
      ["flotilla alert silence --rule NodeLost --name vm-2 --for 2h --comment 'new disk'", "quiet"],
      ["flotilla alert rules", "when each of them fires, and what to do then"],
    ],
  });
  return command
    .addCommand(lsCommand(io))
    .addCommand(ackCommand(io))
    .addCommand(silenceCommand(io))
    .addCommand(silencesCommand(io))
    .addCommand(unsilenceCommand(io))
    .addCommand(rulesCommand(io));
}

function lsCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "ls",
    summary: "List alerts: pending and firing ones, with --all those resolved within a day",
    settings: CLIENT_SETTINGS,
    examples: [
      ["flotilla alert ls --all", "also what is over"],
      ["flotilla alert ls --check", `exit code ${FIRING_EXIT} when one fires that is not silenced`],
    ],
  });
  command
    .option("--all", "also resolved ones")
    .option("--check", `exit code ${FIRING_EXIT} when one fires that is not silenced`)
    .addOption(formOption())
    .action(async (flags: { all?: true; check?: true; output: "table" | "json" }) => {
      const { api } = contextOf(io, command);
      const all = await itemsOf<Alert>(api, "/v1/alerts");
      const shown = flags.all ? all : all.filter(({ state }) => state !== "resolved");
      if (flags.output === "json") io.out(`${JSON.stringify({ items: shown }, undefined, 2)}\n`);
      else if (shown.length === 0) io.out("nothing is wrong\n");
      else io.out(alertTable(shown, io.now()));
      const isBad = all.some(({ state, silencedBy }) => state === "firing" && !silencedBy);
      if (flags.check && isBad) throw new ExitCode(FIRING_EXIT);
    });
  return command;
}

function ackCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "ack <id>",
    summary: "Say that you have seen an alert; others see who and when",
    settings: CLIENT_SETTINGS,
    examples: [["flotilla alert ack ID --comment 'on it'", "ID as `flotilla alert ls` shows it"]],
  });
  command
    .option("--comment <text>", "what others should know")
    .action(async (id: string, { comment }: { comment?: string }) => {
      const { api } = contextOf(io, command);
      const path = `/v1/alerts/${encodeURIComponent(id)}/acknowledge`;
      const body = comment === undefined ? {} : { comment };
      const { rule } = (await api.request({ method: "POST", path, body })).body as Alert;
      io.out(`alert ${id} (${rule}) is acknowledged\n`);
    });
  return command;
}

interface SilenceFlags {
  readonly rule?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly inNamespace?: string;
  readonly for: string;
  readonly comment: string;
}

function silenceCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "silence",
    summary: "Keep alerts that fit quiet for a while: they are shown, and told to nobody",
    settings: CLIENT_SETTINGS,
    examples: [
      [
        "flotilla alert silence --rule NodeLost --name vm-2 --for 2h --comment 'new disk'",
        "one node",
      ],
      [
        "flotilla alert silence --kind Fleet --name test --for 1d --comment 'we try things'",
        "a fleet",
      ],
    ],
  });
  command
    .option("--rule <name>", "alerts of this rule")
    .option("--kind <kind>", "about this kind: Fleet, Service, Container, Node, Network, Platform")
    .option("--name <name>", "about what has this name")
    .option("--in-namespace <name>", "about what is in this namespace")
    .requiredOption("--for <time>", "how long: 10m, 2h, 7d")
    .requiredOption("--comment <text>", "why, for others")
    .action(async ({ rule, kind, name, inNamespace, comment, ...flags }: SilenceFlags) => {
      const { api } = contextOf(io, command);
      const ms = durationMs(flags.for);
      if (ms === undefined || ms < 60_000)
        throw new FleetError(
          "INVALID",
          `--for takes a time from 1m such as 10m, 2h or 7d, not ${flags.for}`,
        );
      const given = Object.entries({ rule, kind, namespace: inNamespace, name });
      const match = Object.fromEntries(given.filter(([, value]) => value !== undefined));
      const body = { match, minutes: Math.ceil(ms / 60_000), comment };
      const answer = await api.request({ method: "POST", path: "/v1/silences", body });
      const { id } = answer.body as Silence;
      io.out(`silence ${id} for ${flags.for}; ended by: flotilla alert unsilence ${id}\n`);
    });
  return command;
}

function silencesCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "silences",
    summary: "List silences",
    settings: CLIENT_SETTINGS,
    examples: [["flotilla alert silences", "what is quiet, until when, and why"]],
  });
  command.action(async () => {
    const { api } = contextOf(io, command);
    const all = await itemsOf<Silence>(api, "/v1/silences");
    if (all.length === 0) return void io.out("nothing is silenced\n");
    const rows = all.map(({ id, match, endsAtMs, by, comment }) => [
      ...[
        id,
        Object.entries(match)
          .map(([key, value]) => `${key}=${value}`)
          .join(","),
      ],
      ...[formatDuration(endsAtMs - io.now()), by, printable(comment)],
    ]);
    io.out(textTable([["ID", "MATCH", "ENDS IN", "BY", "WHY"], ...rows]));
  });
  return command;
}

function unsilenceCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "unsilence <id>",
    summary: "End a silence",
    settings: CLIENT_SETTINGS,
    examples: [["flotilla alert unsilence ID", "ID as `flotilla alert silences` shows it"]],
  });
  command.action(async (id: string) => {
    const { api } = contextOf(io, command);
    await api.request({ method: "DELETE", path: `/v1/silences/${encodeURIComponent(id)}` });
    io.out(`silence ${id} has ended\n`);
  });
  return command;
}

function rulesCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "rules",
    summary: "List the built-in rules: when each fires, and what to do then",
    settings: CLIENT_SETTINGS,
    examples: [["flotilla alert rules", "all of them"]],
  });
  command.action(async () => {
    const { api } = contextOf(io, command);
    const all = await itemsOf<AlertRuleView>(api, "/v1/alert-rules");
    for (const { name, severity, summary, todo } of all)
      io.out(`${name} (${severity})\n  fires when ${summary}\n  then: ${todo}\n`);
  });
  return command;
}

const formOption = (): Option =>
  new Option("-o, --output <form>", "form of the output")
    .choices(["table", "json"])
    .default("table");

async function itemsOf<T>(api: ApiClient, path: string): Promise<readonly T[]> {
  const { body } = await api.request({ method: "GET", path });
  return (body as { readonly items: readonly T[] }).items;
}

function alertTable(alerts: readonly Alert[], now: number): string {
  const rows = alerts.map((alert) => [
    ...[alert.id, alert.severity, stateOf(alert), alert.rule, subjectOf(alert)],
    `${formatDuration(now - (alert.firedAtMs ?? alert.pendingAtMs))} ago`,
    printable(alert.summary),
  ]);
  return textTable([["ID", "SEVERITY", "STATE", "RULE", "OBJECT", "SINCE", "SUMMARY"], ...rows]);
}

function stateOf({ state, acknowledged, silencedBy }: Alert): string {
  const more = [acknowledged && `seen by ${acknowledged.by}`, silencedBy && "silenced"];
  return [state, ...more.filter(Boolean)].join(", ");
}

function subjectOf({ subject: { kind, namespace, name } }: Alert): string {
  return [kind.toLowerCase(), namespace, name].filter(Boolean).join("/");
}
