import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { FleetError } from "../../core/std/errors.ts";
import { replaceFile } from "../../runtime/linux/replace-file.ts";
import { type Config, SETTINGS } from "../config.ts";

export type AgentWish = Pick<Config, "api" | "joinToken">;

/**
 * What an agent's unit must know of its control plane, as a file for systemd: undefined when the one that is there stays.
 * FAILED_PRECONDITION when there is none and nobody says where the control plane is. Pure.
 */
export function agentFileText({ api, joinToken }: AgentWish, isThere: boolean): string | undefined {
  const isGiven = joinToken !== "" || api !== SETTINGS.api.fallback;
  if (!isGiven && isThere) return undefined;
  if (!isGiven)
    throw new FleetError("FAILED_PRECONDITION", "nobody says where the control plane is", {
      next: "`flotilla node token` there prints how to join: FLOTILLA_JOIN_TOKEN=… flotilla install --agent --api https://…",
    });
  const token = joinToken === "" ? [] : [`${SETTINGS.joinToken.env}=${joinToken}`];
  return `# Made by \`flotilla install --agent\`. The token is not needed any more once this machine has joined.
${[`${SETTINGS.api.env}=${api}`, ...token].join("\n")}
`;
}

/** Root's alone: it may hold a token. */
export async function writeAgentFile(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await replaceFile(file, 0o600, text);
}
