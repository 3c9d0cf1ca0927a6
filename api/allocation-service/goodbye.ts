/** Frames of HTTP/2 (RFC 9113, 6.5 and 6.8): a length of three bytes, a type, flags, a stream. */
const SETTINGS = 0x4;
const GOAWAY = 0x7;
/** "The transport's properties do not meet what is asked of them". */
const INADEQUATE_SECURITY = 0xc;
const REASON_BYTES_MAX = 1_000;

/**
 * All that an HTTP/2 client without access is told: that the connection ends, and why, which clients show as the debug
 * data of a GOAWAY. Written by hand, so that nothing that a stranger sends is ever looked at.
 */
export function goodbyeOf(reason: string): Buffer {
  const why = Buffer.from(reason).subarray(0, REASON_BYTES_MAX);
  const end = Buffer.alloc(8 + why.length);
  end.writeUInt32BE(INADEQUATE_SECURITY, 4);
  why.copy(end, 8);
  return Buffer.concat([frame(SETTINGS, Buffer.alloc(0)), frame(GOAWAY, end)]);
}

/** Of the whole connection: its stream is 0, and it has no flags. */
function frame(type: number, content: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(content.length, 0, 3);
  head[3] = type;
  return Buffer.concat([head, content]);
}
