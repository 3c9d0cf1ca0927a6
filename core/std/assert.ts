/** A claim that only a bug can break; it ends the pass that made it. */
export function assert(claim: unknown, message: string): asserts claim {
  if (!claim) throw new Error(`bug: ${message}`);
}
