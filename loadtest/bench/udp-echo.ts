import { createSocket } from "node:dgram";

/** Answers each packet with the address that it came from, in its first four bytes; the game server of the UDP bench. */
const socket = createSocket("udp4");
socket.on("message", (packet, from) => {
  from.address.split(".").forEach((byte, i) => {
    packet[i] = Number(byte);
  });
  socket.send(packet, from.port, from.address);
});
socket.bind(Number(process.argv[2] ?? 7655), () => process.stdout.write("listening\n"));
