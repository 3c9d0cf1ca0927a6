import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, it } from "vitest";
import { Seats } from "./seat.ts";
import { UdpChannel } from "./udp.ts";
import { decodeToClient, encodeToServer } from "./wire.ts";

it("tells who speaks where everybody is, and stops when it says no more", async () => {
  const seats = new Seats();
  const seat = seats.take({ x: 1, y: 1 }, (_, wanted) => wanted, 0);
  await using channel = await UdpChannel.open({ seats, host: "127.0.0.1", port: 0, now: () => 0 });
  const client = createSocket("udp4");
  let positions = 0;
  let echoed = 0;
  client.on("message", (bytes) => {
    const packet = decodeToClient(bytes);
    if (packet?.type === "positions") positions += 1;
    else if (packet) echoed = packet.sequence;
  });
  // A datagram may be lost: the same one again is answered again, and counts for nothing else.
  const answered = async (sequence: number): Promise<void> => {
    const { token } = seat;
    const echo = encodeToServer({ type: "echo", token, sequence, payload: new Uint8Array(1) });
    while (echoed !== sequence) {
      client.send(echo, channel.port, "127.0.0.1");
      await once(client, "message", { signal: AbortSignal.timeout(500) }).catch(() => undefined);
    }
  };
  const told = async (most: number, sequence: number): Promise<number> => {
    positions = 0;
    for (let i = 0; i < 100; i++) channel.sendPositions([seat]);
    while (positions < most) await once(client, "message");
    // What was sent beyond them has come before the answer to the next packet.
    await answered(sequence);
    return positions;
  };
  await answered(1);
  expect(await told(20, 2)).toBe(20);
  for (let sequence = 3; sequence < 20; sequence++) await answered(sequence);
  expect(await told(60, 20)).toBe(60);
  client.close();
});
