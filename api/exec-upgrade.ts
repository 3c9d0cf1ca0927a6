import { KINDS } from "../core/model/kinds.ts";
import { FleetError } from "../core/std/errors.ts";

const ARGV_MAX = 256;
const ARGV_CHARS_MAX = 64 * 1024;

export interface ExecRequest {
  readonly kind: "GameServer" | "Container";
  readonly namespace: string;
  readonly name: string;
  readonly argv: readonly string[];
  readonly tty: boolean;
}

/** `/apis/…/namespaces/{ns}/gameservers/{name}/exec?command=ls&command=-l&tty=1`; undefined for another path. */
export function execRequestOf(url: URL): ExecRequest | undefined {
  const [, apis, group, version, word, namespace, plural, name, part, ...rest] = url.pathname
    .split("/")
    .map(decodeURIComponent);
  const kind = (["GameServer", "Container"] as const).find(
    (k) => KINDS[k].group === group && KINDS[k].plural === plural && KINDS[k].version === version,
  );
  const isExec = apis === "apis" && word === "namespaces" && part === "exec" && rest.length === 0;
  if (!isExec || !kind || !namespace || !name) return undefined;
  const argv = url.searchParams.getAll("command");
  const chars = argv.reduce((sum, word) => sum + word.length, 0);
  if (argv.length === 0 || argv.length > ARGV_MAX || chars > ARGV_CHARS_MAX)
    throw new FleetError("BAD_REQUEST", `exec needs 1 to ${ARGV_MAX} times command=WORD`);
  const tty = url.searchParams.get("tty") ?? "false";
  return { kind, namespace, name, argv, tty: tty !== "false" && tty !== "0" };
}
