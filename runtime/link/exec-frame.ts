import { FleetError } from "../../core/std/errors.ts";

/** The name in the Upgrade header of `…/exec`; then both sides speak in frames. */
export const EXEC_PROTOCOL = "flotilla-exec-1";

/**
 * What flows on an exec stream, both ways, after it was accepted: u8 channel, u32 length (big endian), bytes.
 * An empty `stdin` frame means: no more input. `resize` is JSON `{columns, rows}`; `exit` is JSON `{code}` and the last.
 */
export const EXEC = { stdin: 0, stdout: 1, stderr: 2, resize: 3, exit: 4 } as const;
export type ExecChannel = (typeof EXEC)[keyof typeof EXEC];

export interface ExecFrame {
  readonly channel: number;
  readonly bytes: Buffer;
}

const HEAD_BYTES = 5;
export const EXEC_BYTES_MAX: number = 64 * 1024;

/** Frames of `bytes` on `channel`: one, or several when it is long. */
export function encodeExec(channel: ExecChannel, bytes: Uint8Array): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += EXEC_BYTES_MAX) {
    const part = bytes.subarray(at, at + EXEC_BYTES_MAX);
    const head = Buffer.allocUnsafe(HEAD_BYTES);
    head.writeUInt8(channel, 0);
    head.writeUInt32BE(part.length, 1);
    parts.push(head, Buffer.from(part));
  }
  return Buffer.concat(parts);
}

/** Cuts an exec stream into frames; throws BAD_REQUEST on what is none. */
export class ExecReader {
  #rest: Buffer = Buffer.alloc(0);

  read(chunk: Buffer): ExecFrame[] {
    let bytes = Buffer.concat([this.#rest, chunk]);
    const frames: ExecFrame[] = [];
    while (bytes.length >= HEAD_BYTES) {
      const channel = bytes.readUInt8(0);
      const end = HEAD_BYTES + bytes.readUInt32BE(1);
      if (channel > EXEC.exit || end - HEAD_BYTES > EXEC_BYTES_MAX)
        throw new FleetError("BAD_REQUEST", "the exec stream holds something that is no frame");
      if (bytes.length < end) break;
      frames.push({ channel, bytes: bytes.subarray(HEAD_BYTES, end) });
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
    return frames;
  }
}
