import { createSocket, type RemoteInfo } from "node:dgram";
import { createServer } from "node:net";
import agones from "@google-cloud/agones-sdk";

/** What this game uses of Agones' client; its own type declarations name it otherwise than it is. */
interface AgonesClient {
  connect(): Promise<void>;
  ready(): Promise<object>;
  allocate(): Promise<object>;
  reserve(seconds: number): Promise<object>;
  shutdown(): Promise<object>;
  health(onError: (error: Error) => void): void;
  setLabel(key: string, value: string): Promise<object>;
  setAnnotation(key: string, value: string): Promise<object>;
  getGameServer(): Promise<Seen>;
  readonly beta: AgonesBeta;
}
interface AgonesBeta {
  getCounterCount(key: string): Promise<number>;
  setCounterCount(key: string, count: number): Promise<void>;
  incrementCounter(key: string, amount: number): Promise<void>;
  decrementCounter(key: string, amount: number): Promise<void>;
  getCounterCapacity(key: string): Promise<number>;
  setCounterCapacity(key: string, capacity: number): Promise<void>;
  getListCapacity(key: string): Promise<number>;
  setListCapacity(key: string, capacity: number): Promise<void>;
  getListValues(key: string): Promise<string[]>;
  getListLength(key: string): Promise<number>;
  listContains(key: string, value: string): Promise<boolean>;
  appendListValue(key: string, value: string): Promise<void>;
  deleteListValue(key: string, value: string): Promise<void>;
}
interface Seen {
  readonly objectMeta: { readonly name: string };
  readonly status: {
    readonly state: string;
    readonly portsList: readonly { readonly name: string; readonly port: number }[];
  };
}

const HEALTH_MS = 1000;
const { PORT = "7654", PASSTHROUGH, READY_AFTER_MS = "0", AUTO_READY = "yes" } = process.env;

const sdk = new (agones as unknown as new () => AgonesClient)();
const say = (text: string): void => console.log(text);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What players may say to it, over UDP or TCP: one command a packet or line; anything else is echoed. */
const COMMANDS: { readonly [word: string]: (...words: readonly string[]) => unknown } = {
  READY: () => sdk.ready(),
  ALLOCATE: () => sdk.allocate(),
  RESERVE: (seconds = "10") => sdk.reserve(Number(seconds)),
  SHUTDOWN: () => sdk.shutdown(),
  LABEL: (key = "", value = "") => sdk.setLabel(key, value),
  ANNOTATION: (key = "", value = "") => sdk.setAnnotation(key, value),
  GAMESERVER: async () => (await sdk.getGameServer()).objectMeta.name,
  STATE: async () => (await sdk.getGameServer()).status.state,
  GET_COUNTER_COUNT: async (key = "") => String(await sdk.beta.getCounterCount(key)),
  SET_COUNTER_COUNT: (key = "", count = "0") => sdk.beta.setCounterCount(key, Number(count)),
  INCREMENT_COUNTER: (key = "", amount = "1") => sdk.beta.incrementCounter(key, Number(amount)),
  DECREMENT_COUNTER: (key = "", amount = "1") => sdk.beta.decrementCounter(key, Number(amount)),
  GET_COUNTER_CAPACITY: async (key = "") => String(await sdk.beta.getCounterCapacity(key)),
  SET_COUNTER_CAPACITY: (key = "", size = "0") => sdk.beta.setCounterCapacity(key, Number(size)),
  GET_LIST_CAPACITY: async (key = "") => String(await sdk.beta.getListCapacity(key)),
  SET_LIST_CAPACITY: (key = "", size = "0") => sdk.beta.setListCapacity(key, Number(size)),
  GET_LIST_VALUES: async (key = "") => (await sdk.beta.getListValues(key)).join(","),
  GET_LIST_LENGTH: async (key = "") => String(await sdk.beta.getListLength(key)),
  LIST_CONTAINS: async (key = "", value = "") => String(await sdk.beta.listContains(key, value)),
  APPEND_LIST_VALUE: (key = "", value = "") => sdk.beta.appendListValue(key, value),
  DELETE_LIST_VALUE: (key = "", value = "") => sdk.beta.deleteListValue(key, value),
  UNHEALTHY: () => clearInterval(pinging),
  EXIT: (code = "0") => process.exit(Number(code)),
};

async function answerTo(text: string): Promise<string> {
  const [word = "", ...words] = text.trim().split(/\s+/);
  const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  if (!command) return `ACK: ${text.trim()}\n`;
  const result = await command(...words);
  return `ACK: ${typeof result === "string" ? result : word}\n`;
}

async function listen(port: number): Promise<void> {
  const udp = createSocket("udp4");
  const hear = async (packet: Buffer, { port, address }: RemoteInfo): Promise<void> => {
    const text = await answerTo(packet.toString()).catch(
      (error: Error) => `NO: ${error.message}\n`,
    );
    udp.send(text, port, address);
  };
  udp.on("message", (packet, from) => void hear(packet, from));
  udp.bind(port);
  const tcp = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", async (line) => socket.write(await answerTo(line.toString())));
  });
  tcp.listen(port);
}

process.on("SIGTERM", () => {
  say("asked to end");
  setTimeout(() => process.exit(0), Number(process.env.LINGER_MS ?? 0));
});
await sdk.connect();
const pinging = setInterval(() => sdk.health((error) => say(error.message)), HEALTH_MS);
// With Passthrough the host's port is the game's own, and only the SDK knows it.
const { portsList } = (await sdk.getGameServer()).status;
await listen(PASSTHROUGH ? (portsList[0]?.port ?? 0) : Number(PORT));
await pause(Number(READY_AFTER_MS));
if (AUTO_READY === "yes") await sdk.ready();
say("listening");
