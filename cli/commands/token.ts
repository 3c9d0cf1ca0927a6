import { statSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { TOKEN_ROLES } from "../../access/account-state.ts";
import { type FileScope, TOKEN_SCOPES, tokenFileOf } from "../../access/tokens.ts";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import type { ApiClient } from "../api-client.ts";
import { CLIENT_SETTINGS, contextOf, makeCommand } from "../command.ts";
import { durationMs } from "../duration.ts";
import type { Io } from "../io.ts";
import { printable, textTable } from "../text-table.ts";

const MAY: Readonly<Record<FileScope, string>> = {
  admin: "everything",
  allocate: "allocate game servers, ask for rooms and seats, and nothing else",
  agent: "the agent's link, and nothing else",
};
const DAY_MS = 86_400_000;

interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly namespaces?: readonly string[];
  readonly createdBy: string;
  readonly expiresAt: string;
  readonly lastUsedAt?: string;
}

/** `flotilla token ls|path|create|revoke`: the files of the state folder, and API tokens. */
export function tokenCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "token",
    summary: "Make and revoke API tokens, and say where the tokens of the state folder lie",
    settings: [],
    examples: [
      ["flotilla token ls", "all of them; none is printed"],
      ["flotilla token path allocate", "the file to give to a matchmaker of this machine"],
      [
        "flotilla token create ci --role operator --expires 90d",
        "printed once; use it as FLOTILLA_TOKEN",
      ],
      ["flotilla token revoke 3f9a0c11d2e4", "ends it at once"],
    ],
  });
  for (const one of [ls, path, create, revoke]) command.addCommand(one(io));
  return command;
}

function ls(io: Io): Command {
  const command = makeCommand(io, {
    usage: "ls",
    summary: "List the tokens of the state folder, and the API tokens",
    settings: CLIENT_SETTINGS,
    examples: [["flotilla token ls", "what each may do, and until when"]],
  });
  return command.action(async () => {
    const { config, api } = contextOf(io, command);
    const rows = TOKEN_SCOPES.map((scope) => {
      const file = join(config.state, tokenFileOf(scope));
      return [scope, isThere(file) ? file : `${file} (not made yet)`, MAY[scope]];
    });
    io.out(textTable([["SCOPE", "FILE", "MAY"], ...rows]));
    await listApiTokens(io, api);
  });
}

async function listApiTokens(io: Io, api: ApiClient): Promise<void> {
  let items: readonly TokenRow[];
  try {
    const { body } = await api.request({ method: "GET", path: "/v1/tokens" });
    items = (body as { readonly items: readonly TokenRow[] }).items;
  } catch (error) {
    // The files are there without a control plane.
    io.err(`API tokens are not known now: ${messageOf(error)}\n`);
    return;
  }
  if (items.length === 0) return;
  const rows = items.map(({ id, name, role, namespaces, createdBy, expiresAt, lastUsedAt }) => {
    const isOver = Date.parse(expiresAt) <= io.now();
    const until = isOver ? `${expiresAt} (expired)` : expiresAt;
    const where = namespaces?.join(",") ?? "all";
    return [id, name, role, where, createdBy, until, lastUsedAt ?? "never"].map(printable);
  });
  const head = ["ID", "NAME", "ROLE", "NAMESPACES", "MADE BY", "EXPIRES", "LAST USED"];
  io.out(`\n${textTable([head, ...rows])}`);
}

function path(io: Io): Command {
  const command = makeCommand(io, {
    usage: "path [scope]",
    summary: "Print the path of one token's file",
    settings: ["state"],
    examples: [["flotilla token path admin", "the admin token's file"]],
  });
  return command.action((word = "admin") => {
    const { config } = contextOf(io, command);
    const scope = TOKEN_SCOPES.find((s) => s === word);
    if (!scope)
      throw new FleetError("INVALID", `there is no scope ${word}`, {
        next: `known scopes: ${TOKEN_SCOPES.join(", ")}`,
      });
    io.out(`${join(config.state, tokenFileOf(scope))}\n`);
  });
}

function create(io: Io): Command {
  const command = makeCommand(io, {
    usage: "create <name>",
    summary: "Make an API token; it is printed once and kept nowhere",
    settings: CLIENT_SETTINGS,
    examples: [
      ["flotilla token create ci --role operator --expires 90d", "for a pipeline"],
      ["flotilla token create mm --role allocate --only eu,us", "for two namespaces"],
    ],
  });
  command
    .option("--role <role>", `what it may do: ${TOKEN_ROLES.join(", ")}`, "viewer")
    .option("--expires <time>", "how long it is good for, in whole days: 30d", "90d")
    .option("--only <namespaces>", "namespaces that it is for (default: all)");
  return command.action(async (name: string, flags: CreateFlags) => {
    const { api } = contextOf(io, command);
    const body = { name, ...askedOf(flags) };
    const answer = await api.request({ method: "POST", path: "/v1/tokens", body });
    const { id, token, expiresAt } = answer.body as TokenRow & { readonly token: string };
    io.err(`token ${id}, ${flags.role}, until ${expiresAt}; it is shown this once:\n`);
    io.out(`${token}\n`);
  });
}

interface CreateFlags {
  readonly role: string;
  readonly expires: string;
  readonly only?: string;
}

function askedOf({ role, expires, only }: CreateFlags): object {
  if (!TOKEN_ROLES.some((one) => one === role))
    throw new FleetError("INVALID", `there is no role ${role}`, {
      next: `known roles: ${TOKEN_ROLES.join(", ")}`,
    });
  const days = (durationMs(expires) ?? 0) / DAY_MS;
  if (!Number.isInteger(days) || days < 1)
    throw new FleetError("INVALID", `--expires takes whole days such as 30d, not ${expires}`);
  return { role, days, ...(only === undefined ? {} : { namespaces: only.split(",") }) };
}

function revoke(io: Io): Command {
  const command = makeCommand(io, {
    usage: "revoke <id>",
    summary: "End an API token at once",
    settings: CLIENT_SETTINGS,
    examples: [["flotilla token revoke 3f9a0c11d2e4", "its open streams end, too"]],
  });
  return command.action(async (id: string) => {
    const { api } = contextOf(io, command);
    await api.request({ method: "DELETE", path: `/v1/tokens/${encodeURIComponent(id)}` });
    io.out(`token ${id} revoked\n`);
  });
}

function isThere(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}
