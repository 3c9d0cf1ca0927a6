/** A number that is always the same for a text, spread over 32 bits. Pure. */
export function hashOf(text: string): number {
  let hash = 2_166_136_261;
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16_777_619);
  hash ^= hash >>> 15;
  return Math.imul(hash, 2_246_822_519) >>> 0;
}

/** 0 ≤ x < 1 for a tile, so that the same tile always looks the same. Pure. */
export function chanceAt(x: number, y: number, salt = 0): number {
  let hash = Math.imul(x, 374_761_393) + Math.imul(y, 668_265_263) + Math.imul(salt, 974_634_777);
  hash = Math.imul(hash ^ (hash >>> 13), 1_274_126_177);
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296;
}
