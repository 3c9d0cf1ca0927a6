import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { GameServer } from "../../core/model/game-server.ts";
import { FlotillaUp } from "./flotilla-up.ts";
import { busySeconds, machine, round } from "./machine.ts";
import { OwnMachine } from "./namespaces.ts";
import { writeResult } from "./result.ts";

/*
 * What the way through a host port costs a UDP packet: beside plain routing to a namespace without any platform, and beside a
 * relay in user space. Players are a machine of their own: a network namespace with a cable to the host.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "20000" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const USAGE = `node loadtest/bench/udp.ts [--rounds N]    (root)
  --json  also writes everything to this file
  --rounds  round trips over each way, in turns`;
const SERVERS = "/apis/agones.dev/v1/namespaces/default/gameservers";
const HOST = "198.51.100.1";
const ECHO_PORT = 7_655;
const RELAY_PORT = 17_655;
const WITHIN_MS = 30_000;
const here = (file: string): string => join(import.meta.dirname, file);

/** A program that says when it listens. */
async function listening(program: string, argv: readonly string[]): Promise<ChildProcess> {
  const child = spawn(program, argv, { stdio: ["ignore", "pipe", "inherit"] });
  await Promise.race([
    once(child.stdout, "data"),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`${program} ended: ${code}`))),
  ]);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

/** Where the game server is: for its players, and for the host itself. */
async function startEcho(
  up: FlotillaUp,
): Promise<{ readonly port: number; readonly address: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<GameServer>();
  const late = setTimeout(() => reject(new Error("the game server did not start")), WITHIN_MS);
  using _watch = await up.watch<GameServer>(SERVERS, ({ object }) => {
    if (object.status?.state === "Scheduled") resolve(object);
    if (object.status?.state === "Error") reject(new Error(JSON.stringify(object.status)));
  });
  const containers = [{ name: "echo", image: "udp-echo" }];
  await up.request("POST", SERVERS, {
    apiVersion: "agones.dev/v1",
    kind: "GameServer",
    metadata: { name: "echo" },
    spec: {
      ports: [{ name: "udp", portPolicy: "Dynamic", protocol: "UDP", containerPort: ECHO_PORT }],
      health: { disabled: true },
      template: { spec: { containers } },
    },
  });
  const { status } = await promise.finally(() => clearTimeout(late));
  const address = status.addresses.find(({ type }) => type === "PodIP")?.address;
  return { port: status.ports[0]?.port ?? 0, address: address ?? "" };
}

async function play(player: OwnMachine, ways: Readonly<Record<string, string>>): Promise<object[]> {
  const targets = Object.entries(ways).map(([name, place]) => `${name}=${place}`);
  const argv = [process.execPath, here("udp-player.ts"), values.rounds, player.address, ...targets];
  const child = spawn("ip", player.inside(...argv), { stdio: ["ignore", "pipe", "inherit"] });
  const chunks = await child.stdout.setEncoding("utf8").toArray();
  if (chunks.length === 0) throw new Error("the player gave no result");
  return JSON.parse(chunks.join("")) as object[];
}

/** All ways in one run. */
async function benchUdp(): Promise<object> {
  using player = new OwnMachine("bench-player", HOST, "198.51.100.2");
  using plain = new OwnMachine("bench-plain", "203.0.113.1", "203.0.113.2");
  await using up = await FlotillaUp.start(
    ["loadtest/bench/udp-echo.yaml"],
    ["--advertise-address", HOST],
  );
  const echo = await startEcho(up);
  const children: ChildProcess[] = [];
  try {
    children.push(
      await listening("ip", plain.inside(process.execPath, here("udp-echo.ts"), `${ECHO_PORT}`)),
    );
    const relay = [here("udp-relay.ts"), `${RELAY_PORT}`, echo.address, `${ECHO_PORT}`];
    children.push(await listening(process.execPath, relay));
    const began = performance.now();
    const busy = busySeconds();
    const rows = await play(player, {
      "routed, no platform": `${plain.address}:${ECHO_PORT}`,
      "host port": `${HOST}:${echo.port}`,
      "relay in Node": `${HOST}:${RELAY_PORT}`,
    });
    const seconds = (performance.now() - began) / 1000;
    const machineBusy = round((busySeconds() - busy) / seconds / machine().cpus);
    console.table(rows);
    console.log(`of all processors ${Math.round(machineBusy * 100)} % were busy`);
    return { bench: "udp", machine: machine(), machineBusy, rows };
  } finally {
    for (const child of children) await end(child);
  }
}

if (values.help) console.log(USAGE);
else writeResult(values.json, await benchUdp());
