/** What frames of a WebSocket carry (RFC 6455, 5.2), as far as servers of games send them. */
export const OPCODES = { binary: 2, close: 8, ping: 9, pong: 10 } as const;

const KNOWN: ReadonlySet<number> = new Set(Object.values(OPCODES));
const FINAL = 0x80;
const MASKED = 0x80;
const SHORT_MAX = 125;
const MEDIUM_MAX = 0xffff;
/** What is left of a frame waits here; a state of a room is smaller. */
const FRAME_BYTES_MAX = 4_194_304;

type See = (opcode: number, payload: Buffer) => void;

/** Takes a server's bytes as they come and tells each whole frame. What it tells is a view of what it was given. */
export class FrameReader {
  #left: Buffer | undefined;

  /** False for what no server of a game sends: text, fragments, masks, extensions, or a frame that is too long. */
  read(bytes: Buffer, see: See): boolean {
    const all = this.#left ? Buffer.concat([this.#left, bytes]) : bytes;
    this.#left = undefined;
    let at = 0;
    while (at + 2 <= all.length) {
      const [first = 0, length = 0] = [all[at], all[at + 1]];
      if (!KNOWN.has(first ^ FINAL) || length > 127) return false;
      const start = at + (length <= SHORT_MAX ? 2 : length === 126 ? 4 : 10);
      if (start > all.length) break;
      const size = sizeAt(all, at, length);
      if (size > FRAME_BYTES_MAX) return false;
      if (start + size > all.length) break;
      see(first ^ FINAL, all.subarray(start, start + size));
      at = start + size;
    }
    // Of what was given only a copy outlives the call.
    if (at < all.length) this.#left = Buffer.from(all.subarray(at));
    return true;
  }
}

function sizeAt(bytes: Buffer, at: number, length: number): number {
  if (length <= SHORT_MAX) return length;
  return length === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
}

/** A whole frame of a client; its mask is no secret here, since no proxy stands between. */
export function maskedFrame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  if (length > MEDIUM_MAX) throw new Error("a client of a game sends no such long message");
  const start = length <= SHORT_MAX ? 6 : 8;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = FINAL | opcode;
  if (start === 6) frame[1] = MASKED | length;
  else {
    frame[1] = MASKED | 126;
    frame.writeUInt16BE(length, 2);
  }
  const mask = (Math.random() * 2 ** 32) >>> 0;
  frame.writeUInt32BE(mask, start - 4);
  for (let i = 0; i < length; i++)
    frame[start + i] = (payload[i] as number) ^ (frame[start - 4 + (i & 3)] as number);
  return frame;
}
