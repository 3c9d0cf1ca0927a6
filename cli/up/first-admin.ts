import { isFleetError, messageOf } from "../../core/std/errors.ts";
import type { ApiClient } from "../api-client.ts";

/**
 * While nobody can log in, a person gets the one-time link that makes the first admin, and a log the command that makes
 * one. What is still to be said.
 */
export async function firstAdminLines(
  api: Pick<ApiClient, "request" | "url">,
  name: string,
  whisper: (line: string) => boolean,
): Promise<readonly string[]> {
  try {
    const { body } = await api.request({ method: "POST", path: "/v1/welcome", body: {} });
    const { welcome, expiresAt } = body as { readonly welcome: string; readonly expiresAt: string };
    const link = `${api.url}/#/welcome/${welcome}`;
    const isRead = whisper(
      `\nThe first admin of the dashboard: open\n  ${link}\n  (good once, until ${expiresAt})`,
    );
    return isRead
      ? []
      : [`\nThe first admin of the dashboard: \`${name} user link\` prints a link.`];
  } catch (error) {
    // There is an admin already.
    if (isFleetError(error, "FAILED_PRECONDITION")) return [];
    return [`· warning: there is no link for the first admin: ${messageOf(error)}`];
  }
}
