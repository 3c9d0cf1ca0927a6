/** How long before its end a token counts as too old: the way to the game takes time, too. */
const MARGIN_MS = 5000;

/**
 * How long a join token can be used from when it was received, by what it says itself: the clocks of a player's machine
 * and the control plane's need not agree. 0 for what is no token.
 */
export function tokenLifeMs(token: string): number {
  const [, payload = ""] = token.split(".");
  try {
    const base64 = payload.replace(/-/g, "+").replace(/_/g, "/");
    const { iat, exp } = JSON.parse(atob(base64)) as {
      readonly iat?: number;
      readonly exp?: number;
    };
    const life = ((exp ?? 0) - (iat ?? 0)) * 1000 - MARGIN_MS;
    return iat === undefined || Number.isNaN(life) ? 0 : Math.max(0, life);
  } catch {
    return 0;
  }
}
