import type { Tokens } from "./call.ts";

/** What a browser keeps of a session, for all its tabs. */
export interface KeptSession {
  readonly user_id: string;
  readonly nickname: string;
  readonly access_token: string;
  readonly refresh_token: string;
  /** By this machine's clock, milliseconds since 1970. */
  readonly expires_at: number;
}

/** An access token that ends sooner is traded first: the way to a service takes time, too. */
const MARGIN_MS = 60_000;
/** However short tokens live, most of their life is used. */
const MARGIN_PART = 0.25;

/** What is kept after tokens have come. Pure. */
export function sessionWith(
  user: { readonly user_id: string; readonly nickname: string },
  { access_token, refresh_token, expires_in }: Tokens,
  now: number,
): KeptSession {
  const margin = Math.min(MARGIN_MS, expires_in * 1_000 * MARGIN_PART);
  const expires_at = now + expires_in * 1_000 - margin;
  const { user_id, nickname } = user;
  return { user_id, nickname, access_token, refresh_token, expires_at };
}

/** What was kept, read back; undefined for anything that is not exactly that. Pure. */
export function readSession(text: string | null): KeptSession | undefined {
  try {
    const kept = JSON.parse(text ?? "") as Record<string, unknown>;
    const texts = ["user_id", "nickname", "access_token", "refresh_token"];
    const isGood = texts.every((name) => typeof kept[name] === "string");
    return isGood && typeof kept.expires_at === "number"
      ? (kept as unknown as KeptSession)
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What to do for an access token: `use` the kept one, `trade` the refresh token, or `none`. `refused` is a token that a
 * service did not take: it is not used again, but another tab may have traded it meanwhile. A clock that was set back
 * must not keep a token for ever, so none is used for longer than a day.
 */
export function decideAccess(
  kept: KeptSession | undefined,
  now: number,
  refused?: string,
): "use" | "trade" | "none" {
  if (!kept) return "none";
  if (kept.access_token === refused) return "trade";
  const left = kept.expires_at - now;
  return left > 0 && left < DAY_MS ? "use" : "trade";
}
const DAY_MS = 86_400_000;
