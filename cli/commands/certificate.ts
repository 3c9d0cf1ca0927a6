import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import {
  issueClientPair,
  readClientAuthorities,
  revokeClientPair,
} from "../../access/client-certificates.ts";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { replaceFile } from "../../runtime/linux/replace-file.ts";
import { CLIENT_FILES, clientCaFolderOf } from "../allocator-place.ts";
import { contextOf, makeCommand } from "../command.ts";
import type { SettingName } from "../config.ts";
import { durationMs } from "../duration.ts";
import type { Io } from "../io.ts";
import { textTable } from "../text-table.ts";

const SETTINGS: readonly SettingName[] = ["state", "allocatorClientCa"];

/** `flotilla certificate issue|ls|revoke`: who may allocate over the allocation service. */
export function certificateCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "certificate",
    summary:
      "Let clients of the allocation service in and out; on the machine of the control plane",
    settings: [],
    examples: [
      ["flotilla certificate issue matchmaker --out FOLDER", "a pair for one client"],
      ["flotilla certificate ls", "who is let in, and until when"],
      ["flotilla certificate revoke matchmaker", "it is let in no more"],
    ],
  });
  return command
    .addCommand(issueCommand(io))
    .addCommand(lsCommand(io))
    .addCommand(revokeCommand(io));
}

interface IssueFlags {
  readonly out: string;
  readonly expires: string;
}

function issueCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "issue <name>",
    summary: "Make a key and a certificate for a client, and let it in",
    settings: SETTINGS,
    examples: [
      ["flotilla certificate issue matchmaker --out FOLDER", "client.key and client.crt"],
      ["flotilla certificate issue trial --out FOLDER --expires 90d", "let in for 90 days"],
    ],
  });
  return command
    .requiredOption("--out <folder>", "where the files for the client are written")
    .option("--expires <time>", "how long the certificate is good for: 24h, 90d", "3650d")
    .action((name: string, flags: IssueFlags) => issue(io, command, name, flags));
}

async function issue(
  io: Io,
  command: Command,
  name: string,
  { out, expires }: IssueFlags,
): Promise<void> {
  const { config } = contextOf(io, command);
  const lifeMs = durationMs(expires);
  if (lifeMs === undefined)
    throw new FleetError("INVALID", `--expires takes a time such as 24h or 90d, not ${expires}`);
  const [folder, target] = [clientCaFolderOf(config), resolve(out)];
  const [certFile, keyFile] = [join(target, "client.crt"), join(target, "client.key")];
  if (existsSync(keyFile))
    throw new FleetError("ALREADY_EXISTS", `${keyFile} is there already`, {
      next: "name another folder: --out FOLDER",
    });
  mkdirSync(folder, { recursive: true });
  const pair = await issueClientPair(folder, { name, now: io.now(), lifeMs });
  try {
    mkdirSync(target, { recursive: true });
    await replaceFile(certFile, 0o644, pair.cert);
    await replaceFile(keyFile, 0o600, pair.key);
  } catch (error) {
    // Nobody has its key: it must not be let in.
    await revokeClientPair(folder, name);
    throw new FleetError("FAILED_PRECONDITION", `cannot write the pair: ${messageOf(error)}`);
  }
  io.out(`certificate ${name} issued: ${certFile} and ${keyFile}\n`);
  io.out(`it is let in by ${join(folder, `${name}.crt`)}, which the server reads by itself\n`);
  io.out(`the server's own is checked by ${join(config.state, CLIENT_FILES.ca)}\n`);
}

function lsCommand(io: Io): Command {
  const ls = makeCommand(io, {
    usage: "ls",
    summary: "List the certificates that clients are checked against",
    settings: SETTINGS,
    examples: [["flotilla certificate ls", "file, whose it is, and until when"]],
  });
  return ls.action(async () => {
    const folder = clientCaFolderOf(contextOf(io, ls).config);
    const { found, problems } = await readClientAuthorities(folder);
    const rows = found.map(({ file, certificate }) => [
      file,
      certificate.subject.replaceAll("\n", ", "),
      new Date(certificate.validTo).toISOString().slice(0, 10),
    ]);
    io.out(textTable([["FILE", "SUBJECT", "UNTIL"], ...rows]));
    for (const problem of problems) io.err(`warning: ${problem}\n`);
  });
}

function revokeCommand(io: Io): Command {
  const revoke = makeCommand(io, {
    usage: "revoke <name>",
    summary: "Take a certificate away: its client is let in no more",
    settings: SETTINGS,
    examples: [["flotilla certificate revoke matchmaker", "its open connections end, too"]],
  });
  return revoke.action(async (name: string) => {
    const folder = clientCaFolderOf(contextOf(io, revoke).config);
    await revokeClientPair(folder, name);
    io.out(`certificate ${name} revoked: ${join(folder, `${name}.crt`)} is deleted\n`);
  });
}
