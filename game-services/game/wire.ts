/**
 * A game's UDP packets, version 1, big endian.
 *
 *   to the server    magic u16, version u8, type u8, token 16 bytes, sequence u32, then
 *     1 move         x f32, y f32
 *     2 echo         payload, at most PAYLOAD_MAX bytes
 *   to the client    magic u16, version u8, type u8, sequence u32, then
 *     129 positions  count u16, count × (player u16, x f32, y f32)
 *     130 echo       the payload of the echo with that sequence
 *
 * An echo is answered with as much, and positions go only to an address that has shown a token, twenty times for each
 * packet from it, so that the server cannot be used to flood somebody else for long.
 */
export const MAGIC = 0xa7e4;
export const VERSION = 1;
export const TOKEN_BYTES = 16;
export const PAYLOAD_MAX = 512;
/** What fits into one datagram that no network splits. */
export const POSITIONS_MAX = 110;

const TYPE = { move: 1, echo: 2, positions: 129, echoed: 130 } as const;
const TO_SERVER = 4 + TOKEN_BYTES + 4;
const TO_CLIENT = 8;
const POSITION = 10;

export type ToServer =
  | {
      readonly type: "move";
      readonly token: string;
      readonly sequence: number;
      readonly x: number;
      readonly y: number;
    }
  | {
      readonly type: "echo";
      readonly token: string;
      readonly sequence: number;
      readonly payload: Uint8Array;
    };

export interface Position {
  readonly player: number;
  readonly x: number;
  readonly y: number;
}
export type ToClient =
  | {
      readonly type: "positions";
      readonly sequence: number;
      readonly positions: readonly Position[];
    }
  | { readonly type: "echoed"; readonly sequence: number; readonly payload: Uint8Array };

/** `token` is 32 hexadecimal digits. */
export function encodeToServer(packet: ToServer): Buffer {
  const body = packet.type === "move" ? 8 : packet.payload.length;
  const bytes = Buffer.alloc(TO_SERVER + body);
  head(bytes, TYPE[packet.type]);
  bytes.write(packet.token, 4, TOKEN_BYTES, "hex");
  bytes.writeUInt32BE(packet.sequence, 4 + TOKEN_BYTES);
  if (packet.type === "move") {
    bytes.writeFloatBE(packet.x, TO_SERVER);
    bytes.writeFloatBE(packet.y, TO_SERVER + 4);
  } else bytes.set(packet.payload, TO_SERVER);
  return bytes;
}

/** Undefined for anything that is not exactly a packet of this version. */
export function decodeToServer(bytes: Buffer): ToServer | undefined {
  if (bytes.length < TO_SERVER || !isOurs(bytes)) return undefined;
  const token = bytes.toString("hex", 4, 4 + TOKEN_BYTES);
  const sequence = bytes.readUInt32BE(4 + TOKEN_BYTES);
  const rest = bytes.length - TO_SERVER;
  if (bytes[3] === TYPE.echo && rest <= PAYLOAD_MAX)
    return { type: "echo", token, sequence, payload: bytes.subarray(TO_SERVER) };
  if (bytes[3] !== TYPE.move || rest !== 8) return undefined;
  const x = bytes.readFloatBE(TO_SERVER);
  const y = bytes.readFloatBE(TO_SERVER + 4);
  return Number.isFinite(x) && Number.isFinite(y)
    ? { type: "move", token, sequence, x, y }
    : undefined;
}

export function encodeToClient(packet: ToClient): Buffer {
  if (packet.type === "echoed") {
    const bytes = Buffer.alloc(TO_CLIENT + packet.payload.length);
    head(bytes, TYPE.echoed);
    bytes.writeUInt32BE(packet.sequence, 4);
    bytes.set(packet.payload, TO_CLIENT);
    return bytes;
  }
  const { positions } = packet;
  const bytes = Buffer.alloc(TO_CLIENT + 2 + positions.length * POSITION);
  head(bytes, TYPE.positions);
  bytes.writeUInt32BE(packet.sequence, 4);
  bytes.writeUInt16BE(positions.length, TO_CLIENT);
  for (const [i, { player, x, y }] of positions.entries()) {
    const at = TO_CLIENT + 2 + i * POSITION;
    bytes.writeUInt16BE(player, at);
    bytes.writeFloatBE(x, at + 2);
    bytes.writeFloatBE(y, at + 6);
  }
  return bytes;
}

/** Undefined for anything that is not exactly a packet of this version. */
export function decodeToClient(bytes: Buffer): ToClient | undefined {
  if (bytes.length < TO_CLIENT || !isOurs(bytes)) return undefined;
  const sequence = bytes.readUInt32BE(4);
  if (bytes[3] === TYPE.echoed && bytes.length <= TO_CLIENT + PAYLOAD_MAX)
    return { type: "echoed", sequence, payload: bytes.subarray(TO_CLIENT) };
  if (bytes[3] !== TYPE.positions || bytes.length < TO_CLIENT + 2) return undefined;
  const count = bytes.readUInt16BE(TO_CLIENT);
  if (count > POSITIONS_MAX || bytes.length !== TO_CLIENT + 2 + count * POSITION) return undefined;
  const positions = Array.from({ length: count }, (_, i) => {
    const at = TO_CLIENT + 2 + i * POSITION;
    return {
      player: bytes.readUInt16BE(at),
      x: bytes.readFloatBE(at + 2),
      y: bytes.readFloatBE(at + 6),
    };
  });
  return { type: "positions", sequence, positions };
}

function head(bytes: Buffer, type: number): void {
  bytes.writeUInt16BE(MAGIC, 0);
  bytes[2] = VERSION;
  bytes[3] = type;
}

function isOurs(bytes: Buffer): boolean {
  return bytes.readUInt16BE(0) === MAGIC && bytes[2] === VERSION;
}
