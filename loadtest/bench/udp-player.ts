import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/*
 * One player: round trips of 100 bytes over each way in turns, so that all of them see the same machine. Prints one line of
 * JSON. `node udp-player.ts ROUNDS OWN-ADDRESS NAME=ADDRESS:PORT...`
 */
const [rounds = "0", own = "", ...targets] = process.argv.slice(2);
const BYTES = 100;
const LOST_AFTER_MS = 1_000;
const WARM_UP = 500;

interface Way {
  readonly name: string;
  readonly socket: Socket;
  readonly times: number[];
  lost: number;
  /** As the echo saw it. */
  source: string;
}

async function openWay(target: string): Promise<Way> {
  const [name = "", place = ""] = target.split("=");
  const [address, port] = place.split(":");
  const socket = createSocket("udp4");
  socket.connect(Number(port), address);
  await once(socket, "connect");
  return { name, socket, times: [], lost: 0, source: "" };
}

/** Microseconds; undefined when no answer came. */
function roundTrip(way: Way, n: number): Promise<number | undefined> {
  const packet = Buffer.alloc(BYTES);
  packet.writeUInt32BE(n, 4);
  return new Promise((resolve) => {
    const late = setTimeout(() => finish(undefined), LOST_AFTER_MS);
    const finish = (took: number | undefined): void => {
      clearTimeout(late);
      way.socket.off("message", hear);
      resolve(took);
    };
    const began = process.hrtime.bigint();
    const hear = (answer: Buffer): void => {
      const took = Number(process.hrtime.bigint() - began) / 1e3;
      if (answer.readUInt32BE(4) !== n) return;
      way.source = [...answer.subarray(0, 4)].join(".");
      finish(took);
    };
    way.socket.on("message", hear);
    way.socket.send(packet);
  });
}

const ways: Way[] = [];
for (const target of targets) ways.push(await openWay(target));
for (let n = 0; n < Number(rounds) + WARM_UP; n++)
  for (const way of ways) {
    const took = await roundTrip(way, n);
    if (took === undefined) way.lost += 1;
    else if (n >= WARM_UP) way.times.push(took);
  }
const rows = ways.map(({ name, socket, times, lost, source }) => {
  socket.close();
  times.sort((a, b) => a - b);
  const at = (part: number): number =>
    Math.round((times[Math.floor(times.length * part)] ?? 0) * 10) / 10;
  return {
    way: name,
    packets: times.length,
    lost,
    p50Us: at(0.5),
    p99Us: at(0.99),
    sourceKept: source === own,
  };
});
process.stdout.write(`${JSON.stringify(rows)}\n`);
