/**
 * One end of a conversation, for tests: run by Node inside a network namespace.
 *
 *   udp-serve|tcp-serve NAME ADDRESS PORT         answers `NAME saw ADDRESS:PORT` to whoever speaks
 *   udp-ask|tcp-ask FROM-ADDRESS FROM-PORT ADDRESS PORT WAIT-MS   prints the answer, or `nothing`
 */
import { createSocket } from "node:dgram";
import { createConnection, createServer } from "node:net";

const [verb, ...words] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

function serveUdp(name: string, address: string, port: number): void {
  const socket = createSocket("udp4");
  socket.on("message", (_data, { address: from, port: fromPort }) =>
    socket.send(`${name} saw ${from}:${fromPort}`, fromPort, from),
  );
  socket.bind(port, address, () => say("listening"));
}

function serveTcp(name: string, address: string, port: number): void {
  const listener = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end(`${name} saw ${socket.remoteAddress}:${socket.remotePort}`);
  });
  listener.listen(port, address, () => say("listening"));
}

interface Question {
  readonly fromAddress: string;
  readonly fromPort: number;
  readonly address: string;
  readonly port: number;
  readonly waitMs: number;
}

/** Asks again every 50 ms, as a game client does, until it is answered. */
function askUdp({ fromAddress, fromPort, address, port, waitMs }: Question): void {
  const socket = createSocket("udp4");
  const end = (line: string): void => {
    say(line);
    process.exit(0);
  };
  socket.on("message", (data) => end(data.toString()));
  socket.on("error", () => undefined);
  socket.bind(fromPort, fromAddress, () => {
    const ask = (): void => socket.send("who is there", port, address, () => undefined);
    ask();
    setInterval(ask, 50);
    setTimeout(() => end("nothing"), waitMs);
  });
}

function askTcp({ fromAddress, fromPort, address, port, waitMs }: Question): void {
  const socket = createConnection({
    host: address,
    port,
    localAddress: fromAddress,
    localPort: fromPort,
  });
  let answer = "";
  const end = (line: string): void => {
    say(line);
    process.exit(0);
  };
  socket.on("data", (data) => {
    answer += data;
  });
  socket.on("end", () => end(answer));
  socket.on("error", () => end("nothing"));
  setTimeout(() => end("nothing"), waitMs);
}

if (verb === "udp-serve" || verb === "tcp-serve") {
  const [name = "", address = "", port] = words;
  (verb === "udp-serve" ? serveUdp : serveTcp)(name, address, Number(port));
} else {
  const [fromAddress = "", fromPort, address = "", port, waitMs] = words;
  const question = { fromAddress, fromPort: Number(fromPort), address, port: Number(port) };
  (verb === "udp-ask" ? askUdp : askTcp)({ ...question, waitMs: Number(waitMs) });
}
