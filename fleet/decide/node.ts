/** A node is ready while its heartbeats come; `silentMs` is monotonic time since the last, undefined before the first. */
export function isNodeReady(silentMs: number | undefined, lostAfterMs: number): boolean {
  return silentMs !== undefined && silentMs < lostAfterMs;
}
