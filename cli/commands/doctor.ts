import type { Command } from "commander";
import { FleetError } from "../../core/std/errors.ts";
import { contextOf, makeCommand } from "../command.ts";
import type { SettingName } from "../config.ts";
import { examine, type Level } from "../doctor/checks.ts";
import { gatherFacts } from "../doctor/facts.ts";
import type { Io } from "../io.ts";
import { shimFolder } from "../shim-folder.ts";

const MARKS: Readonly<Record<Level, string>> = { ok: "ok  ", warn: "warn", fail: "FAIL" };
const SETTINGS_ASKED: readonly SettingName[] = [
  "state",
  "listen",
  "port",
  "allocatorListen",
  "allocatorAuth",
  "allocatorTls",
  "advertiseAddress",
  "portRange",
];

export function doctorCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "doctor",
    summary: "Examine this machine: what works, what does not, what to do about it",
    settings: SETTINGS_ASKED,
    examples: [
      ["flotilla doctor", "everything that `flotilla up` will need"],
      ["flotilla doctor --port 9000", "with another port for the API"],
    ],
  });
  command.action(async () => {
    const { config } = contextOf(io, command);
    const findings = examine(await gatherFacts(config, shimFolder(config)));
    const width = Math.max(...findings.map(({ about }) => about.length));
    for (const { about, level, found, todo } of findings) {
      io.out(`${MARKS[level]}  ${about.padEnd(width)}  ${found}\n`);
      if (todo) io.out(`${" ".repeat(width + 8)}→ ${todo}\n`);
    }
    const failed = findings.filter(({ level }) => level === "fail").map(({ about }) => about);
    if (failed.length > 0)
      throw new FleetError("FAILED_PRECONDITION", `not well: ${failed.join(", ")}`, {
        next: "do what the arrows say, or go without isolation: --driver process",
      });
  });
  return command;
}
