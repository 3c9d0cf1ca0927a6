import { FleetError } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";

export interface AssetsOptions {
  /** The asset service, such as http://127.0.0.1:8712. */
  readonly url: string;
}

const ANSWER_MS = 3_000;
const MISSING = "is no asset that you may use";
const DELETED = "is an asset that was deleted";

/** What the asset service says of assets, asked with the player's own token. */
export class Assets {
  readonly #url: URL;

  constructor({ url }: AssetsOptions) {
    this.#url = new URL(`${url.replace(/\/$/, "")}/assets/batch`);
  }

  /** Why each of those is refused that the player may not place. UNAVAILABLE when the service does not say. */
  async refused(
    ids: readonly string[],
    token: string,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string>> {
    if (ids.length === 0) return new Map();
    const answer = await this.#ask(ids, token, signal);
    if (answer.status === 401) throw new FleetError("UNAUTHENTICATED", "token invalid");
    const usable = answer.status === 200 ? usableIn(answer.text) : undefined;
    if (!usable) throw away(new Error(`the asset service answered ${answer.status}`));
    return new Map(
      ids.flatMap((id): [string, string][] => {
        const isUsable = usable.get(id);
        return isUsable ? [] : [[id, isUsable === false ? DELETED : MISSING]];
      }),
    );
  }

  async #ask(
    ids: readonly string[],
    token: string,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly text: string }> {
    try {
      const answer = await fetch(this.#url, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ ids }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
      });
      return { status: answer.status, text: await answer.text() };
    } catch (error) {
      signal.throwIfAborted();
      throw away(error);
    }
  }
}

/** By id: whether it may be placed, or was deleted. Undefined when the answer is none of the asset service's. */
function usableIn(text: string): ReadonlyMap<string, boolean> | undefined {
  try {
    const { message } = JSON.parse(text) as { message?: { items?: unknown } };
    if (!Array.isArray(message?.items) || !message.items.every(isObject)) return undefined;
    return new Map(message.items.map((one) => [String(one.asset_id), one.is_delete !== true]));
  } catch {
    return undefined;
  }
}

function away(cause: unknown): FleetError {
  const again = { retryAfterSeconds: 1 };
  return new FleetError("UNAVAILABLE", "asset service not available", again, cause);
}
