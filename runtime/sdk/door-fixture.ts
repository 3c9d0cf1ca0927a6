import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SdkPeer } from "../../core/model/sdk-peer.ts";
import { systemClock } from "../../core/std/clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { MemoryLink, startedGameServer } from "./memory-link.ts";
import { DOOR_MAXIMA, type DoorMaxima, SdkDoor } from "./sdk-door.ts";

/** A door over a folder of its own and a control plane in memory, for tests; listeners on free ports of 127.0.0.1. */
export class DoorFixture implements AsyncDisposable {
  readonly link: MemoryLink = new MemoryLink();
  readonly folder: string;
  readonly #maxima: Partial<DoorMaxima>;
  #door: SdkDoor | undefined;

  private constructor(folder: string, maxima: Partial<DoorMaxima>) {
    this.folder = folder;
    this.#maxima = maxima;
  }

  static async open(maxima: Partial<DoorMaxima> = {}): Promise<DoorFixture> {
    const folder = await mkdtemp(join(tmpdir(), "flotilla-door-"));
    const fixture = new DoorFixture(join(folder, "peers"), maxima);
    await mkdir(fixture.folder);
    await fixture.start();
    return fixture;
  }

  get door(): SdkDoor {
    if (!this.#door) throw new Error("the door is closed");
    return this.#door;
  }

  async start(): Promise<void> {
    this.#door = await SdkDoor.open({
      peersFolder: this.folder,
      link: this.link,
      node: "a",
      clock: systemClock,
      logger: silentLogger,
      maxima: { ...DOOR_MAXIMA, ...this.#maxima },
    });
  }

  async stop(): Promise<void> {
    await this.#door?.[Symbol.asyncDispose]();
    this.#door = undefined;
  }

  /** Writes the peer as the agent does, waits until its listeners are bound, and says where they are. */
  async add(name: string, more: Partial<SdkPeer> = {}): Promise<{ grpc: number; http: number }> {
    const gameServer = startedGameServer(name);
    this.link.put(gameServer);
    const { namespace, uid } = gameServer.metadata;
    const peer: SdkPeer = {
      subject: { kind: "GameServer", namespace, name, uid },
      containerId: name,
      listen: { address: "127.0.0.1", grpcPort: 0, httpPort: 0 },
      health: gameServer.spec.health,
      startedAt: Date.now(),
      ...more,
    };
    const file = join(this.folder, `${name}.json`);
    await writeFile(`${file}.new`, JSON.stringify(peer));
    await rename(`${file}.new`, file);
    const [grpc = 0, http = 0] = await until(() => this.door.portsOf(name), bothBound);
    return { grpc, http };
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.folder, `${name}.json`));
  }

  state(name: string): string | undefined {
    return this.link.get(startedSubject(name))?.status.state;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(join(this.folder, ".."), { recursive: true, force: true });
  }
}

const bothBound = (ports: readonly (number | undefined)[]): boolean =>
  ports.length === 2 && ports.every((port) => port !== undefined);

export function startedSubject(name: string): SdkPeer["subject"] {
  return { kind: "GameServer", namespace: "default", name, uid: `uid-of-${name}` };
}

/** Asks again until `isSo`, thirty seconds at most: programs start slowly on a busy machine. */
export async function until<T>(ask: () => T, isSo: (value: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 3000; tries++) {
    const value = ask();
    if (isSo(value)) return value;
    await systemClock.sleep(10);
  }
  throw new Error(`not so within thirty seconds: ${isSo}, last ${JSON.stringify(ask())}`);
}
