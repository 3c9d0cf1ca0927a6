import { decodeToClient, encodeToServer } from "../../../game-services/game/wire.ts";

/** What an echo says about the packet that it answers. */
export interface Echo {
  readonly sequence: number;
  /** Milliseconds since the swarm began. */
  readonly sentMs: number;
}
/** How packets look: `game` is the protocol of the games in `game-services`, `plain` goes to any program that echoes. */
export type Wire = "game" | "plain";
export const WIRES: readonly Wire[] = ["game", "plain"];

interface Codec {
  readonly encode: (token: string, echo: Echo) => Buffer;
  readonly decode: (bytes: Buffer) => Echo | undefined;
}

/** A time, and as much again: what a small game says in a packet. */
const GAME_PAYLOAD = 32;
/** Plain echoes may write the sender's address into the first four bytes, so nothing stands there. */
const PLAIN_MARK = 0x666c_7477;
const PLAIN_BYTES = 56;

/** By `wire`; `decode` answers undefined for whatever is no echo of ours. */
export const CODECS: Readonly<Record<Wire, Codec>> = {
  game: {
    encode: (token, { sequence, sentMs }) => {
      const payload = Buffer.alloc(GAME_PAYLOAD);
      payload.writeDoubleBE(sentMs, 0);
      return encodeToServer({ type: "echo", token, sequence, payload });
    },
    decode: (bytes) => {
      const packet = decodeToClient(bytes);
      if (packet?.type !== "echoed" || packet.payload.length !== GAME_PAYLOAD) return undefined;
      const sentMs = Buffer.from(packet.payload).readDoubleBE(0);
      return { sequence: packet.sequence, sentMs };
    },
  },
  plain: {
    encode: (_token, { sequence, sentMs }) => {
      const bytes = Buffer.alloc(PLAIN_BYTES);
      bytes.writeUInt32BE(PLAIN_MARK, 4);
      bytes.writeUInt32BE(sequence, 8);
      bytes.writeDoubleBE(sentMs, 12);
      return bytes;
    },
    decode: (bytes) => {
      if (bytes.length !== PLAIN_BYTES || bytes.readUInt32BE(4) !== PLAIN_MARK) return undefined;
      return { sequence: bytes.readUInt32BE(8), sentMs: bytes.readDoubleBE(12) };
    },
  },
};
