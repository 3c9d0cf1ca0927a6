import { existsSync } from "node:fs";
import { join } from "node:path";
import { readToken } from "../../access/tokens.ts";
import { replaceFile } from "../../runtime/linux/replace-file.ts";
import type { Config } from "../config.ts";
import { joinControlPlane } from "./join.ts";

const CREDENTIAL_FILE = "node.token";

/**
 * The file with this machine's token for the link: the one that it was given, the one of a control plane in the same
 * state folder, or its own credential, for which a node token is traded once.
 */
export async function credentialFile(config: Config, path: string): Promise<string> {
  if (config.agentTokenFile) return config.agentTokenFile;
  const own = join(path, CREDENTIAL_FILE);
  if (existsSync(own)) return own;
  if (!config.joinToken) return join(path, "agent.token");
  await replaceFile(own, 0o600, `${await joinControlPlane(config, path)}\n`);
  await readToken(own);
  return own;
}

/** Images are built where the control plane's own agent is; a machine that joined runs what the control plane names. */
export function isBuilderOf(config: Config, path: string): boolean {
  return !existsSync(join(path, CREDENTIAL_FILE)) && !config.joinToken;
}
