import type { Command } from "commander";
import { ROLES } from "../../access/tokens.ts";
import { FleetError } from "../../core/std/errors.ts";
import type { ApiClient } from "../api-client.ts";
import { CLIENT_SETTINGS, contextOf, makeCommand } from "../command.ts";
import type { Io } from "../io.ts";
import { printable, textTable } from "../text-table.ts";

interface UserRow {
  readonly name: string;
  readonly role: string;
  readonly disabled: boolean;
  readonly createdAt: string;
  readonly lastSeenAt?: string;
  readonly hasPassword: boolean;
}
interface Link {
  readonly welcome: string;
  readonly expiresAt: string;
}

/** `flotilla user add|ls|role|disable|enable|link|rm`: who may log in to the dashboard. */
export function userCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "user",
    summary: "Say who may log in to the dashboard, and as what",
    settings: [],
    examples: [
      ["flotilla user link", "the one-time link that makes the first admin"],
      ["flotilla user add ann --role operator", "makes ann, and prints a link to set a password"],
      ["flotilla user link ann", "a new link, for who has lost the password"],
      ["flotilla user role ann viewer", "another role, at once"],
      ["flotilla user disable ann", "ends all sessions, at once"],
    ],
  });
  for (const one of [add, ls, role, disable, enable, link, rm]) command.addCommand(one(io));
  return command;
}

function add(io: Io): Command {
  const command = made(io, "add <name>", "Make a user, and a one-time link to set a password", [
    ["flotilla user add ann --role viewer", "looks, and changes nothing"],
    ["flotilla user add bob --role admin", "may do everything"],
  ]);
  command.option("--role <role>", `what it may do: ${ROLES.join(", ")}`, "viewer");
  return command.action(async (name: string, { role }: { readonly role: string }) => {
    const { api } = contextOf(io, command);
    const body = { name, role: roleOf(role) };
    const answer = await api.request({ method: "POST", path: "/v1/users", body });
    io.out(`user ${name} made, ${role}\n`);
    tellLink(io, api, answer.body as Link, `to set ${name}'s password`);
  });
}

function ls(io: Io): Command {
  const command = made(io, "ls", "List the users", [["flotilla user ls", "names and roles"]]);
  return command.action(async () => {
    const { api } = contextOf(io, command);
    const { body } = await api.request({ method: "GET", path: "/v1/users" });
    const { items } = body as { readonly items: readonly UserRow[] };
    const rows = items.map(({ name, role, disabled, hasPassword, createdAt, lastSeenAt }) => {
      const state = disabled ? "disabled" : hasPassword ? "ok" : "no password yet";
      return [name, role, state, createdAt, lastSeenAt ?? "never"].map(printable);
    });
    io.out(textTable([["NAME", "ROLE", "STATE", "CREATED", "LAST SEEN"], ...rows]));
  });
}

function role(io: Io): Command {
  const command = made(io, "role <name> <role>", "Give a user another role, at once", [
    ["flotilla user role ann operator", "from the next request on; open streams end"],
  ]);
  return command.action(async (name: string, word: string) => {
    await change(io, command, name, { role: roleOf(word) });
    io.out(`user ${name} is ${word} now\n`);
  });
}

function disable(io: Io): Command {
  const command = made(io, "disable <name>", "End a user's sessions, and let it in no more", [
    ["flotilla user disable ann", "enable lets it in again, with its old password"],
  ]);
  return command.action(async (name: string) => {
    const { tokens } = await change(io, command, name, { disabled: true });
    io.out(`user ${name} disabled\n`);
    tellTokens(io, name, tokens);
  });
}

function enable(io: Io): Command {
  const command = made(io, "enable <name>", "Let a disabled user in again", [
    ["flotilla user enable ann", "with its old password"],
  ]);
  return command.action(async (name: string) => {
    await change(io, command, name, { disabled: false });
    io.out(`user ${name} enabled\n`);
  });
}

function link(io: Io): Command {
  const command = made(io, "link [name]", "Print a one-time link: to set a password anew", [
    ["flotilla user link", "for the first admin"],
    ["flotilla user link ann", "for ann, whose old password is good until the link is used"],
  ]);
  return command.action(async (name: string | undefined) => {
    const { api } = contextOf(io, command);
    const path =
      name === undefined ? "/v1/welcome" : `/v1/users/${encodeURIComponent(name)}/welcome`;
    const { body } = await api.request({ method: "POST", path, body: {} });
    const what = name === undefined ? "to become the first admin" : `to set ${name}'s password`;
    tellLink(io, api, body as Link, what);
  });
}

function rm(io: Io): Command {
  const command = made(io, "rm <name>", "Remove a user", [["flotilla user rm ann", "for good"]]);
  return command.action(async (name: string) => {
    const { api } = contextOf(io, command);
    const path = `/v1/users/${encodeURIComponent(name)}`;
    const { body } = await api.request({ method: "DELETE", path });
    io.out(`user ${name} removed\n`);
    tellTokens(io, name, (body as { readonly tokens: number }).tokens);
  });
}

function made(
  io: Io,
  usage: string,
  summary: string,
  examples: readonly (readonly [string, string])[],
): Command {
  return makeCommand(io, { usage, summary, settings: CLIENT_SETTINGS, examples });
}

async function change(
  io: Io,
  command: Command,
  name: string,
  body: object,
): Promise<{ readonly tokens: number }> {
  const { api } = contextOf(io, command);
  const path = `/v1/users/${encodeURIComponent(name)}`;
  const answer = await api.request({ method: "PATCH", path, body });
  return answer.body as { readonly tokens: number };
}

function roleOf(word: string): string {
  const found = ROLES.find((one) => one === word);
  if (found) return found;
  throw new FleetError("INVALID", `there is no role ${word}`, {
    next: `known roles: ${ROLES.join(", ")}`,
  });
}

/** The fragment of a URL is never sent, so that no log on the way learns it. */
function tellLink(io: Io, { url }: ApiClient, { welcome, expiresAt }: Link, what: string): void {
  io.err(`Open this ${what}; it is good once, until ${expiresAt}:\n`);
  io.out(`${url}/#/welcome/${welcome}\n`);
}

function tellTokens(io: Io, name: string, tokens: number): void {
  if (tokens > 0)
    io.err(`note: ${tokens} API tokens that ${name} made are still good: flotilla token ls\n`);
}
