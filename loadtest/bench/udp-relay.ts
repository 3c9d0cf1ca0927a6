import { createSocket, type Socket } from "node:dgram";

/** The yardstick: what a platform in user space does with each packet. `node udp-relay.ts PORT ADDRESS TARGET-PORT` */
const [port, address = "", targetPort] = process.argv.slice(2);
const players = new Map<string, Socket>();
const front = createSocket("udp4");

function backOf(from: { readonly address: string; readonly port: number }): Socket {
  const back = createSocket("udp4");
  back.on("message", (packet) => front.send(packet, from.port, from.address));
  back.connect(Number(targetPort), address);
  return back;
}

front.on("message", (packet, from) => {
  const key = `${from.address}:${from.port}`;
  const back = players.get(key);
  if (back) return back.send(packet);
  const made = backOf(from);
  players.set(key, made);
  made.once("connect", () => made.send(packet));
});
front.bind(Number(port), () => process.stdout.write("listening\n"));
