import { statSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { type FileScope, TOKEN_SCOPES, tokenFileOf } from "../../access/tokens.ts";
import { FleetError } from "../../core/std/errors.ts";
import { contextOf, makeCommand } from "../command.ts";
import type { Io } from "../io.ts";
import { textTable } from "../text-table.ts";

const MAY: Readonly<Record<FileScope, string>> = {
  admin: "everything",
  allocate: "allocate game servers, ask for rooms and seats, and nothing else",
  agent: "the agent's link, and nothing else",
};

/** `flotilla token ls|path`: where the tokens lie. It never prints one. */
export function tokenCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "token",
    summary: "Say where the tokens lie and what each may do (none is ever printed)",
    settings: [],
    examples: [
      ["flotilla token ls", "all of them"],
      ["flotilla token path allocate", "the file to give to a matchmaker"],
    ],
  });
  const ls = makeCommand(io, {
    usage: "ls",
    summary: "List the tokens of the state folder",
    settings: ["state"],
    examples: [["flotilla token ls", "scope, file and what it may do"]],
  });
  ls.action(() => {
    const { config } = contextOf(io, ls);
    const rows = TOKEN_SCOPES.map((scope) => {
      const file = join(config.state, tokenFileOf(scope));
      return [scope, isThere(file) ? file : `${file} (not made yet)`, MAY[scope]];
    });
    io.out(textTable([["SCOPE", "FILE", "MAY"], ...rows]));
  });
  const path = makeCommand(io, {
    usage: "path [scope]",
    summary: "Print the path of one token's file",
    settings: ["state"],
    examples: [["flotilla token path admin", "the admin token's file"]],
  });
  path.action((word = "admin") => {
    const { config } = contextOf(io, path);
    const scope = TOKEN_SCOPES.find((s) => s === word);
    if (!scope)
      throw new FleetError("INVALID", `there is no scope ${word}`, {
        next: `known scopes: ${TOKEN_SCOPES.join(", ")}`,
      });
    io.out(`${join(config.state, tokenFileOf(scope))}\n`);
  });
  return command.addCommand(ls).addCommand(path);
}

function isThere(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}
