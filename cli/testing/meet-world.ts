import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { TestInstance } from "./test-instance.ts";

const ROOT = join(import.meta.dirname, "../..");
const LISTENS_WITHIN_MS = 30_000;

/** The game on maps as plain processes, which reach the services at this machine's own address. */
const fleetOf = (env: Readonly<Record<string, string>>): object => ({
  apiVersion: "agones.dev/v1",
  kind: "Fleet",
  metadata: { name: "maps" },
  spec: {
    replicas: 2,
    template: {
      spec: {
        ports: [
          { name: "game", portPolicy: "Dynamic", protocol: "TCP", containerPort: 7654 },
          { name: "udp", portPolicy: "Dynamic", protocol: "UDP", containerPort: 7655 },
        ],
        counters: { rooms: { count: 0, capacity: 10 } },
        lists: { players: { capacity: 1000 } },
        template: {
          spec: {
            containers: [
              {
                name: "maps",
                image: "maps",
                env: Object.entries(env).map(([name, value]) => ({ name, value })),
              },
            ],
          },
        },
      },
    },
  },
});

/** One of the game's services as a process, at a port of its own. */
class ServiceProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  #said = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => {
        this.#said += chunk.toString();
      });
  }

  static async start(
    name: string,
    env: Readonly<Record<string, string>>,
  ): Promise<{ readonly process: ServiceProcess; readonly url: string }> {
    const main = join(ROOT, "game-services", name, "main.ts");
    const port = { [`${name.toUpperCase()}_PORT`]: "0" };
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main], {
      env: { PATH: process.env.PATH, ...port, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const service = new ServiceProcess(child);
    return { process: service, url: await service.#listening(name) };
  }

  async #listening(name: string): Promise<string> {
    for (const until = Date.now() + LISTENS_WITHIN_MS; Date.now() < until; await sleep(20)) {
      const [, port] = /"port":(\d+),"msg":"listening"/.exec(this.#said) ?? [];
      if (port !== undefined) return `http://127.0.0.1:${port}`;
      if (this.#child.exitCode !== null) break;
    }
    throw new Error(`the ${name} service does not listen: ${this.#said}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }
}

/** For tests: everything that players need to meet, as somebody would run it: the platform, a fleet, four services. */
export class MeetWorld implements AsyncDisposable {
  readonly instance: TestInstance;
  readonly urls: Readonly<Record<"login" | "asset" | "room" | "meet", string>>;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    instance: TestInstance,
    urls: MeetWorld["urls"],
    stack: AsyncDisposableStack,
  ) {
    this.instance = instance;
    this.urls = urls;
    this.#stack = stack;
  }

  static async open(portRange: string): Promise<MeetWorld> {
    await using stack = new AsyncDisposableStack();
    const instance = stack.use(
      await TestInstance.start({
        driver: "process",
        images: ["examples/game/maps.image.yaml"],
        flags: ["--port-range", portRange],
      }),
    );
    const start = async (name: string, env: Record<string, string> = {}): Promise<string> => {
      const common = { FLOTILLA_STATE: instance.state, HOME: instance.state };
      const started = await ServiceProcess.start(name, { ...common, ...env });
      stack.use(started.process);
      return started.url;
    };
    const login = await start("login", { LOGIN_PROXIES: "1", LOGIN_ADDRESS_PER_MINUTE: "0" });
    const asset = await start("asset", { LOGIN_URL: login, ASSET_PROXIES: "1" });
    const known = { LOGIN_URL: login, ASSET_URL: asset };
    const room = await start("room", { ...known, FLOTILLA_API: instance.url, ROOM_PROXIES: "1" });
    const meet = await start("meet", { ...known, ROOM_URL: room });
    const token = readFileSync(join(instance.state, "room", "operator.token"), "utf8").trim();
    const env = { LOGIN_URL: login, ROOM_URL: room, ROOM_TOKEN: token, MAP_METRICS_PORT: "0" };
    const file = join(instance.state, "maps.yaml");
    await writeFile(file, stringify(fleetOf(env)));
    await instance.mustCli("apply", "-f", file);
    while ((await readyServers(instance)) < 2) await sleep(100);
    return new MeetWorld(instance, { login, asset, room, meet }, stack.move());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

async function readyServers(instance: TestInstance): Promise<number> {
  const path = "/apis/agones.dev/v1/namespaces/default/fleets/maps";
  const { body } = await instance.request("GET", path);
  return (body as { status?: { readyReplicas?: number } }).status?.readyReplicas ?? 0;
}
