import { existsSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import { readToken } from "../../access/tokens.ts";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";
import { replaceFile } from "../../runtime/linux/replace-file.ts";
import type { Config } from "../config.ts";

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
  await replaceFile(own, 0o600, `${await joined(config)}\n`);
  await readToken(own);
  return own;
}

/** Images are built where the control plane's own agent is; a machine that joined runs what the control plane names. */
export function isBuilderOf(config: Config, path: string): boolean {
  return !existsSync(join(path, CREDENTIAL_FILE)) && !config.joinToken;
}

async function joined({ api, node, joinToken }: Config): Promise<string> {
  const answer = await request(new URL("/link/v1/join", api), {
    method: "POST",
    headers: { authorization: `Bearer ${joinToken}`, "content-type": "application/json" },
    body: JSON.stringify({ node }),
  }).catch((error: unknown) => {
    throw new FleetError("UNAVAILABLE", `cannot join at ${api}: ${messageOf(error)}`, { url: api });
  });
  const body: unknown = await answer.body.json();
  const { credential, message } = isObject(body) ? body : {};
  if (typeof credential === "string") return credential;
  const code = answer.statusCode === 409 ? "ALREADY_EXISTS" : "UNAUTHENTICATED";
  throw new FleetError(code, `node ${node} cannot join at ${api}: ${String(message)}`);
}
