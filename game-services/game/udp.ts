import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { type AddressInfo, isIPv6 } from "node:net";
import { log } from "./log.ts";
import type { Remote, Seat, Seats } from "./seat.ts";
import { decodeToServer, encodeToClient, POSITIONS_MAX, type Position } from "./wire.ts";

export interface UdpOptions {
  readonly seats: Seats;
  readonly port: number;
  readonly host: string;
  readonly now: () => number;
}

/** What was thrown away, by why. */
export interface Dropped {
  malformed: number;
  unknownToken: number;
  tooMany: number;
  late: number;
}

/** A game's UDP channel: moves and echoes in, positions out. */
export class UdpChannel implements AsyncDisposable {
  readonly dropped: Dropped = { malformed: 0, unknownToken: 0, tooMany: 0, late: 0 };
  readonly #socket: Socket;
  readonly #options: UdpOptions;
  #sequence = 0;

  private constructor(socket: Socket, options: UdpOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  static open(options: UdpOptions): Promise<UdpChannel> {
    const socket = createSocket(isIPv6(options.host) ? "udp6" : "udp4");
    const channel = new UdpChannel(socket, options);
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(options.port, options.host, () => {
        socket.off("error", reject);
        // An unreachable client is no reason to stop: its next packet says where it is.
        socket.on("error", () => undefined);
        socket.on("message", (bytes, remote) => channel.#receive(bytes, remote));
        resolve(channel);
      });
    });
  }

  get port(): number {
    return (this.#socket.address() as AddressInfo).port;
  }

  /** Tells each of `seats` that has spoken over UDP lately where all of them are. */
  sendPositions(seats: readonly Seat[]): void {
    this.#sequence = (this.#sequence + 1) >>> 0;
    const remotes = seats.flatMap((seat) => seat.toTell() ?? []);
    if (remotes.length === 0) return;
    const all = seats.map(({ number, position }) => ({ player: number, ...position }));
    for (let from = 0; from < all.length; from += POSITIONS_MAX)
      this.#tell(remotes, all.slice(from, from + POSITIONS_MAX));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  #tell(remotes: readonly Remote[], positions: readonly Position[]): void {
    const bytes = encodeToClient({ type: "positions", sequence: this.#sequence, positions });
    for (const { port, address } of remotes) this.#socket.send(bytes, port, address, ignore);
  }

  #receive(bytes: Buffer, remote: RemoteInfo): void {
    const now = this.#options.now();
    const packet = decodeToServer(bytes);
    if (!packet) return void this.#drop("malformed");
    const seat = this.#options.seats.find(packet.token);
    if (!seat) return void this.#drop("unknownToken");
    if (!seat.admits(now)) return void this.#drop("tooMany");
    const { sequence } = packet;
    const isNews = seat.isNews(sequence);
    if (isNews) this.#heardFrom(seat, remote);
    if (packet.type === "echo") {
      const answer = encodeToClient({ type: "echoed", sequence, payload: packet.payload });
      this.#socket.send(answer, remote.port, remote.address, ignore);
    } else if (isNews) seat.move(packet, now);
    else this.#drop("late");
  }

  /** Answers go to where the newest packet came from: a player's address may change on the way (roaming, NAT). */
  #heardFrom(seat: Seat, { address, port }: RemoteInfo): void {
    if (seat.remote?.address !== address)
      log("player heard over UDP", { number: seat.number, address });
    seat.heardFrom({ address, port });
  }

  #drop(because: keyof Dropped): void {
    this.dropped[because] += 1;
  }
}

/** A datagram that cannot be sent is lost, as datagrams are. */
const ignore = (): void => undefined;
