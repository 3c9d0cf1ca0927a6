import { isFleetError, messageOf } from "../../core/std/errors.ts";
import type { ApiClient } from "../api-client.ts";

/** What is said while nobody can log in: to a person the link itself, to a log the command that prints one. */
export interface FirstAdmin {
  readonly toPerson?: string;
  readonly toLog?: string;
}

const WHAT = "The first admin of the dashboard";

/** Makes the one-time link of the first admin; nothing is to be said when there is one. */
export async function firstAdmin(
  api: Pick<ApiClient, "request" | "url">,
  name: string,
): Promise<FirstAdmin> {
  try {
    const { body } = await api.request({ method: "POST", path: "/v1/welcome", body: {} });
    const { welcome, expiresAt } = body as { readonly welcome: string; readonly expiresAt: string };
    const link = `${api.url}/#/welcome/${welcome}`;
    return {
      toPerson: `\n${WHAT}: open\n  ${link}\n  (good once, until ${expiresAt})`,
      toLog: `\n${WHAT}: \`${name} user link\` prints a link.`,
    };
  } catch (error) {
    if (isFleetError(error, "FAILED_PRECONDITION")) return {};
    return { toLog: `· warning: there is no link for the first admin: ${messageOf(error)}` };
  }
}

/** Says it: to a person when there is one, else to the log. */
export async function tellFirstAdmin(
  api: Pick<ApiClient, "request" | "url">,
  name: string,
  tell: { readonly whisper: (line: string) => boolean; readonly say: (line: string) => void },
): Promise<void> {
  const { toPerson, toLog } = await firstAdmin(api, name);
  if (toPerson !== undefined && tell.whisper(toPerson)) return;
  if (toLog !== undefined) tell.say(toLog);
}
