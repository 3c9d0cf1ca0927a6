import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { DgramAsPromised } from "dgram-as-promised";
import type { Point } from "../game/input.ts";
import { decodeToClient, encodeToServer, type Position } from "../game/wire.ts";
import { Rtts } from "./rtt.ts";

export interface UdpTarget {
  readonly host: string;
  readonly port: number;
  readonly token: string;
}

const RTTS_MAX = 20_000;
const PENDING_MAX = 1000;

/** The UDP side of a player: moves and echoes out, positions in; node:dgram, so that every datagram is counted. */
export class UdpStream implements AsyncDisposable {
  readonly rtts: Rtts = new Rtts(RTTS_MAX);
  /** Where everybody was in the newest packet, by player number. */
  positions: ReadonlyMap<number, Position> = new Map();
  positionPackets = 0;
  sent = 0;
  /** Echoes that were answered after their number came a second time, or that nobody asked for. */
  strays = 0;
  readonly #socket: Socket;
  readonly #pending = new Map<number, number>();
  #token: string;
  #lost = 0;
  #sequence = 0;
  #newest = -1;

  private constructor({ token }: UdpTarget, socket: Socket) {
    this.#token = token;
    this.#socket = socket;
    socket.on("message", (bytes) => this.#receive(bytes));
    socket.on("error", () => undefined);
  }

  static open(target: UdpTarget): Promise<UdpStream> {
    const socket = createSocket(isIPv6(target.host) ? "udp6" : "udp4");
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.connect(target.port, target.host, () => {
        socket.off("error", reject);
        resolve(new UdpStream(target, socket));
      });
    });
  }

  /** Echoes without an answer; those on their way count as lost. */
  get lost(): number {
    return this.#lost + this.#pending.size;
  }

  /** After the player came in anew. */
  use(token: string): void {
    this.#token = token;
  }

  move(wanted: Point): void {
    const token = this.#token;
    this.#send(encodeToServer({ type: "move", token, sequence: this.#next(), ...wanted }));
  }

  echo(): void {
    const token = this.#token;
    const sequence = this.#next();
    if (this.#pending.size >= PENDING_MAX) {
      this.#pending.delete(this.#pending.keys().next().value ?? 0);
      this.#lost += 1;
    }
    this.#pending.set(sequence, performance.now());
    this.sent += 1;
    this.#send(encodeToServer({ type: "echo", token, sequence, payload: PAYLOAD }));
  }

  /** Waits until echoes on their way are answered, `ms` at most. */
  async settle(ms: number): Promise<void> {
    const until = performance.now() + ms;
    while (this.#pending.size > 0 && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  #next(): number {
    this.#sequence = (this.#sequence + 1) >>> 0;
    return this.#sequence;
  }

  #send(bytes: Buffer): void {
    // A refused port is a lost packet: the count of answers tells.
    this.#socket.send(bytes, () => undefined);
  }

  #receive(bytes: Buffer): void {
    const packet = decodeToClient(bytes);
    if (packet?.type === "echoed") {
      const sentAt = this.#pending.get(packet.sequence);
      if (sentAt === undefined) this.strays += 1;
      else this.rtts.add(performance.now() - sentAt);
      this.#pending.delete(packet.sequence);
    } else if (packet?.type === "positions") {
      this.positionPackets += 1;
      const isNew = packet.sequence !== this.#newest;
      this.#newest = packet.sequence;
      const known = isNew ? [] : [...this.positions];
      this.positions = new Map([...known, ...packet.positions.map((p) => [p.player, p] as const)]);
    }
  }
}

const PAYLOAD = Buffer.from("how far are you?");
const PROBES_MAX = 5;
const PROBE_MS = 300;

/** One question, one answer: true when the UDP port of a game answers; asked a few times, because datagrams get lost. */
export async function probeUdp({ host, port, token }: UdpTarget): Promise<boolean> {
  const socket = DgramAsPromised.createSocket({ type: isIPv6(host) ? "udp6" : "udp4" });
  try {
    await socket.bind(0);
    socket.setTimeout(PROBE_MS);
    for (let sequence = 1; sequence <= PROBES_MAX; sequence++) {
      const question = encodeToServer({ type: "echo", token, sequence: 0, payload: PAYLOAD });
      await socket.send(question, port, host);
      const answer = await socket.recv().catch(() => undefined);
      if (answer && decodeToClient(answer.msg)?.type === "echoed") return true;
    }
    return false;
  } finally {
    socket.destroy();
  }
}
