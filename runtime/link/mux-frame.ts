import { FleetError } from "../../core/std/errors.ts";

/** What a frame says about its stream. The numbers are on the wire: never change one. */
export const FRAME = {
  open: 1,
  accept: 2,
  data: 3,
  end: 4,
  reset: 5,
  window: 6,
  ping: 7,
  pong: 8,
} as const;
const KIND_MAX = 8;

export interface Frame {
  readonly stream: number;
  readonly kind: number;
  readonly body: Buffer;
}

/** u32 stream, u8 kind, u32 length of the body; big endian. */
const HEAD_BYTES = 9;
export const FRAME_BODY_MAX: number = 64 * 1024;
const NOTHING = Buffer.alloc(0);

export function encodeFrame(stream: number, kind: number, body: Buffer = NOTHING): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + body.length);
  frame.writeUInt32BE(stream, 0);
  frame.writeUInt8(kind, 4);
  frame.writeUInt32BE(body.length, 5);
  body.copy(frame, HEAD_BYTES);
  return frame;
}

/** Cuts a byte stream into frames; keeps at most one unfinished frame. */
export class FrameReader {
  #rest: Buffer = NOTHING;

  /** The frames that `chunk` completes. Throws BAD_REQUEST on what is no frame. */
  read(chunk: Buffer): Frame[] {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    while (bytes.length >= HEAD_BYTES) {
      const kind = bytes.readUInt8(4);
      const end = HEAD_BYTES + bytes.readUInt32BE(5);
      if (kind < 1 || kind > KIND_MAX || end - HEAD_BYTES > FRAME_BODY_MAX)
        throw new FleetError("BAD_REQUEST", "the tunnel's peer sent something that is no frame");
      if (bytes.length < end) break;
      frames.push({ stream: bytes.readUInt32BE(0), kind, body: bytes.subarray(HEAD_BYTES, end) });
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
    return frames;
  }
}
