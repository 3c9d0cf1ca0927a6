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
  const heard: unknown[] = [];
  const answers = async (sequence: number): Promise<number> => {
    heard.length = 0;
    const { token } = seat;
    const echo = encodeToServer({ type: "echo", token, sequence, payload: new Uint8Array(1) });
    client.send(echo, channel.port, "127.0.0.1");
    while (!heard.includes("echoed")) await once(client, "message");
    return heard.length - 1;
  };
  client.on("message", (bytes) => heard.push(decodeToClient(bytes)?.type));
  await answers(1);
  for (let i = 0; i < 100; i++) channel.sendPositions([seat]);
  // What was sent before the answer to the next packet has come before it.
  expect(await answers(2)).toBe(20);
  for (let sequence = 3; sequence < 20; sequence++) await answers(sequence);
  for (let i = 0; i < 100; i++) channel.sendPositions([seat]);
  expect(await answers(20)).toBe(60);
  client.close();
});
