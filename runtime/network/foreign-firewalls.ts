import { execFile } from "node:child_process";
import { isObject } from "../../core/std/json.ts";

/** A rule set of somebody else that drops packets which ours would let pass: an `accept` here does not overrule it. */
export interface ForeignFirewall {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly hook: "forward" | "input";
  /** What it does to game servers. */
  readonly sentence: string;
  readonly advice: string;
}

/** Runs a program; undefined when it is missing or fails. */
export type RunProgram = (file: string, args: readonly string[]) => Promise<string | undefined>;

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const PROGRAM_MS_MAX = 5000;

export const runProgram: RunProgram = (file, args) =>
  new Promise((resolve) => {
    const limits = { maxBuffer: OUTPUT_BYTES_MAX, timeout: PROGRAM_MS_MAX };
    execFile(file, [...args], limits, (error, stdout) => resolve(error ? undefined : stdout));
  });

type Row = Record<string, unknown>;

function rowsOf(nftJson: string, kind: "chain" | "rule"): Row[] {
  const parsed: unknown = JSON.parse(nftJson);
  const rows = isObject(parsed) && Array.isArray(parsed.nftables) ? parsed.nftables : [];
  return rows.flatMap((row: unknown) => {
    const inner = isObject(row) ? row[kind] : undefined;
    return isObject(inner) ? [inner] : [];
  });
}

/** True for a rule that drops or rejects whatever comes to it: firewalld ends its chains so, under policy accept. */
function dropsEverything(rule: Row): boolean {
  const parts = Array.isArray(rule.expr) ? rule.expr.filter(isObject) : [];
  const words = parts.flatMap((part) => Object.keys(part));
  const conditions = words.filter((word) => !["counter", "log", "drop", "reject"].includes(word));
  return conditions.length === 0 && words.some((word) => word === "drop" || word === "reject");
}

function firewall(
  family: string,
  table: string,
  chain: string,
  hook: "forward" | "input",
): ForeignFirewall {
  const where = `table ${family} ${table}, chain ${chain}`;
  return hook === "forward"
    ? {
        family,
        table,
        chain,
        hook,
        sentence: `${where} drops forwarded packets: players on other machines do not reach game servers`,
        advice:
          table === "filter" && family === "ip"
            ? "iptables -I FORWARD -i flt+ -j ACCEPT; iptables -I FORWARD -o flt+ -j ACCEPT (with Docker: into DOCKER-USER)"
            : `let packets to and from interfaces flt* pass in ${where}`,
      }
    : {
        family,
        table,
        chain,
        hook,
        sentence: `${where} drops what is sent to this machine: game servers do not reach the SDK door`,
        advice: `let TCP from interfaces flt* to ports 9357 and 9358 pass in ${where}`,
      };
}

/** Chains of other tables that drop by policy or by their last rule. `nftJson` is the output of `nft -j list ruleset`. */
export function foreignFirewallsOf(nftJson: string): ForeignFirewall[] {
  const rules = rowsOf(nftJson, "rule");
  return rowsOf(nftJson, "chain").flatMap((chain) => {
    const [family, table, name] = [chain.family, chain.table, chain.name].map(String);
    const hook = chain.hook;
    if (table?.startsWith("flotilla_") || (hook !== "forward" && hook !== "input")) return [];
    const own = rules.filter(
      (rule) => rule.family === family && rule.table === table && rule.chain === name,
    );
    const drops = chain.policy === "drop" || own.some(dropsEverything);
    return drops ? [firewall(family ?? "", table ?? "", name ?? "", hook)] : [];
  });
}

/** The same for `iptables-legacy-save`, whose rules nft does not show. */
export function legacyFirewallsOf(save: string): ForeignFirewall[] {
  const hooks = { FORWARD: "forward", INPUT: "input" } as const;
  const filter = /^\*filter$([\s\S]*?)^COMMIT$/m.exec(save)?.[1] ?? "";
  return [...filter.matchAll(/^:(FORWARD|INPUT) DROP/gm)].map(([, chain]) => {
    const name = chain === "INPUT" ? "INPUT" : "FORWARD";
    return firewall("ip", "filter", name, hooks[name]);
  });
}

/** Looks at this machine; undefined when nothing can be seen (no root, no nft). */
export async function findForeignFirewalls(
  run: RunProgram,
): Promise<readonly ForeignFirewall[] | undefined> {
  const [nftJson, legacy] = await Promise.all([
    run("nft", ["-j", "list", "ruleset"]),
    run("iptables-legacy-save", []),
  ]);
  if (nftJson === undefined && legacy === undefined) return undefined;
  return [
    ...(nftJson === undefined ? [] : foreignFirewallsOf(nftJson)),
    ...legacyFirewallsOf(legacy ?? ""),
  ];
}
