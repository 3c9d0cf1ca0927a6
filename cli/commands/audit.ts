import { join } from "node:path";
import type { Command } from "commander";
import type { AuditRecord } from "../../access/audit/audit-record.ts";
import { auditPlaceOf } from "../../access/audit/segment-files.ts";
import { type NotedRecord, verifyAudit } from "../../access/audit/verify-audit.ts";
import { FleetError } from "../../core/std/errors.ts";
import { CLIENT_SETTINGS, contextOf, makeCommand } from "../command.ts";
import { durationMs } from "../duration.ts";
import { ExitCode } from "../explain.ts";
import type { Io } from "../io.ts";
import { printable, textTable } from "../text-table.ts";

/** `flotilla audit ls|verify|export`: who did what, and whether the record of it is whole. */
export function auditCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "audit",
    summary: "Show who did what, and prove that the record of it is whole",
    settings: [],
    examples: [
      ["flotilla audit ls --who ann --since 24h", "what ann did since yesterday"],
      ["flotilla audit verify", "reads all that is kept and finds any change or gap"],
      ["flotilla audit export --format csv > audit.csv", "all of it, as a file"],
    ],
  });
  for (const one of [ls, verify, exportCommand]) command.addCommand(one(io));
  return command;
}

interface Filter {
  readonly who?: string;
  readonly action?: string;
  readonly target?: string;
  readonly since?: string;
}

function ls(io: Io): Command {
  const command = makeCommand(io, {
    usage: "ls",
    summary: "List what was done, the newest last",
    settings: CLIENT_SETTINGS,
    examples: [
      ["flotilla audit ls", "the last 50 records"],
      ["flotilla audit ls --action delete --limit 200", "what was deleted"],
      ["flotilla audit ls --target default/arena -o json", "with what stood before and after"],
    ],
  });
  withFilter(command)
    .option("--limit <count>", "records at most, up to 500", "50")
    .option("-o, --output <form>", "table or json", "table");
  return command.action(async (flags: Filter & { readonly limit: string; output: string }) => {
    const { api } = contextOf(io, command);
    const query = queryOf(io, flags);
    query.set("limit", flags.limit);
    const { body } = await api.request({ method: "GET", path: `/v1/audit?${query}` });
    const { items } = body as { readonly items: readonly AuditRecord[] };
    if (flags.output === "json") io.out(`${JSON.stringify(items, undefined, 2)}\n`);
    else io.out(textTable([HEAD, ...items.toReversed().map(rowOf)]));
  });
}

const HEAD = ["SEQ", "AT", "WHO", "FROM", "ACTION", "TARGET", "OUTCOME", "CHANGE"];
const CHANGE_CHARS_MAX = 80;

function rowOf(record: AuditRecord): string[] {
  const { seq, atMs, who, kind, from, action, target, outcome, count } = record;
  const at = new Date(atMs).toISOString();
  const name = kind === "user" || who === "" ? who || kind : `${kind}:${who}`;
  const times = count !== undefined && count > 1 ? ` ×${count}` : "";
  const cells = [`${seq}`, at, name, from, action + times, target, outcome, changeOf(record)];
  return cells.map(printable);
}

function changeOf({ before = {}, after = {}, message = "" }: AuditRecord): string {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const shown = (value: unknown): string => (value === undefined ? "-" : JSON.stringify(value));
  const text = paths.map((path) => `${path}: ${shown(before[path])} → ${shown(after[path])}`);
  const whole = [...text, ...(message ? [message] : [])].join("; ");
  return whole.length > CHANGE_CHARS_MAX ? `${whole.slice(0, CHANGE_CHARS_MAX)}…` : whole;
}

function verify(io: Io): Command {
  const command = makeCommand(io, {
    usage: "verify",
    summary: "Read the audit log of this machine's state folder, and find any change or gap",
    settings: ["state"],
    examples: [
      ["flotilla audit verify", "needs no server; prints the last record, to be noted elsewhere"],
      ["flotilla audit verify --noted 1234:HASH", "that record must be there, unchanged"],
    ],
  });
  command.option("--noted <seq:hash>", "a record that an earlier verify printed");
  return command.action(async ({ noted }: { readonly noted?: string }) => {
    const { config } = contextOf(io, command);
    const place = auditPlaceOf(join(config.state, "server"));
    const found = await verifyAudit(place, noted === undefined ? undefined : notedOf(noted));
    for (const note of found.notes) io.err(`note: ${note}\n`);
    for (const problem of found.problems) io.err(`problem: ${problem}\n`);
    const { records, segments, firstSeq = 0, last } = found;
    io.out(`${records} records in ${segments} segments, from ${firstSeq} to ${last?.seq ?? 0}\n`);
    if (found.problems.length > 0) throw new ExitCode(1);
    if (last) io.out(`the last one: ${last.seq}:${last.hash}\n`);
    io.out("✓ nothing was changed, moved or removed\n");
  });
}

function notedOf(text: string): NotedRecord {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq !== undefined && hash !== undefined) return { seq: Number(seq), hash };
  throw new FleetError("INVALID", "--noted takes SEQ:HASH, as `flotilla audit verify` prints it");
}

function exportCommand(io: Io): Command {
  const command = makeCommand(io, {
    usage: "export",
    summary: "Print all records that match, the newest first",
    settings: CLIENT_SETTINGS,
    examples: [["flotilla audit export --format csv --since 30d > audit.csv", "for a spreadsheet"]],
  });
  withFilter(command).option("--format <form>", "json or csv", "json");
  return command.action(async (flags: Filter & { readonly format: string }) => {
    const { api } = contextOf(io, command);
    const query = queryOf(io, flags);
    query.set("format", flags.format);
    const decoder = new TextDecoder();
    for await (const bytes of api.bytes(`/v1/audit?${query}`, io.signal))
      io.out(decoder.decode(bytes, { stream: true }));
  });
}

function withFilter(command: Command): Command {
  return command
    .option("--who <text>", "part of who did it")
    .option("--action <text>", "part of what was done, such as delete or fleets.scale")
    .option("--target <text>", "part of what it was done to")
    .option("--since <time>", "not older than 90s, 10m, 24h or 30d");
}

function queryOf(io: Io, { who, action, target, since }: Filter): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ who, action, target }))
    if (value !== undefined) query.set(name, value);
  if (since === undefined) return query;
  const ms = durationMs(since);
  if (ms === undefined)
    throw new FleetError("INVALID", `--since takes a time such as 10m, 24h or 30d, not ${since}`);
  query.set("from", String(io.now() - ms));
  return query;
}
