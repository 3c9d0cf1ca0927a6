import type { Socket } from "node:net";
import { WebSocket } from "ws";

type Sent = Parameters<WebSocket["send"]>[0];
type OnSent = (error?: Error | null) => void;
/** What of ws is used beneath its own types. */
interface Connected {
  readonly _socket?: Socket;
}

const nothing = (): void => undefined;
const BINARY_WHOLE = 0x82;
const SHORT_MAX = 125;
const MEDIUM_MAX = 0xffff;

/** The message that was framed last: a room sends the same bytes to each of its players, one after the other. */
let last: { readonly bytes: Uint8Array; readonly frame: Buffer } | undefined;
/** Connections to which something was sent in this turn. */
let held: Socket[] = [];

/**
 * A connection of the server that hands the kernel all messages of one turn at once, the state of a room and what was said
 * in it, and makes the frame of a message once, whoever it goes to: the kernel's work for a packet is most of what a
 * player costs. Bytes that were sent may be used for something else, however slowly they are read.
 */
export class FramedSocket extends WebSocket {
  override send(data: Sent, options?: unknown, sent?: unknown): void {
    const onSent = (typeof options === "function" ? options : sent) as OnSent | undefined;
    const { _socket: socket } = this as unknown as Connected;
    const isOpen = this.readyState === WebSocket.OPEN;
    if (isOpen && socket) hold(socket);
    // An extension, compression, would have to see the message first.
    const isPlain = data instanceof Uint8Array && this.extensions === "";
    if (isOpen && socket && isPlain) socket.write(frameOf(data), onSent ?? nothing);
    else super.send(data, (options ?? {}) as object, onSent);
  }
}

function hold(socket: Socket): void {
  if (socket.writableCorked > 0) return;
  if (held.length === 0) process.nextTick(endTurn);
  held.push(socket);
  socket.cork();
}

/** In another turn other things may stand in the same bytes. */
function endTurn(): void {
  const sockets = held;
  [held, last] = [[], undefined];
  for (const socket of sockets) socket.uncork();
}

function frameOf(bytes: Uint8Array): Buffer {
  if (last?.bytes !== bytes) last = { bytes, frame: framed(bytes) };
  return last.frame;
}

/** RFC 6455, 5.2: a whole binary message, not masked, as servers send them. */
function framed(bytes: Uint8Array): Buffer {
  const { length } = bytes;
  const start = length <= SHORT_MAX ? 2 : length <= MEDIUM_MAX ? 4 : 10;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = BINARY_WHOLE;
  if (start === 2) frame[1] = length;
  else if (start === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.set(bytes, start);
  return frame;
}
