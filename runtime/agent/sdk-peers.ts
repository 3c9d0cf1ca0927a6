import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import type { ContainerPlan } from "../../core/model/container-plan.ts";
import type { Health } from "../../core/model/game-server.ts";
import type { SdkPeer } from "../../core/model/sdk-peer.ts";

export interface PeerPlace {
  readonly listen: SdkPeer["listen"];
  /** The container's own address; absent when the listener is its own. */
  readonly source?: string;
}

/** Tells the SDK door who speaks from where: one file per game server, written whole before the game can speak. */
export class SdkPeers {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async put(
    plan: ContainerPlan,
    health: Health,
    place: PeerPlace,
    startedAt: number,
  ): Promise<void> {
    const peer: SdkPeer = {
      subject: plan.subject,
      containerId: plan.id,
      ...place,
      health,
      startedAt,
    };
    await mkdir(this.#folder, { recursive: true });
    const path = this.#path(plan.id);
    await writeFile(`${path}.new`, JSON.stringify(peer), { mode: 0o644 });
    await rename(`${path}.new`, path);
  }

  async remove(id: string): Promise<void> {
    await rm(this.#path(id), { force: true });
  }

  /** For an agent that starts: the one before may have died between a container's end and its peer's. */
  async removeAllBut(known: ReadonlySet<string>): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    const kept = new Set([...known].map((id) => `${id}.json`));
    const gone = names.filter((name) => !kept.has(name));
    await Promise.all(gone.map((name) => rm(join(this.#folder, name), { force: true })));
  }

  #path(id: string): string {
    return join(this.#folder, `${id}.json`);
  }
}

/** Two ports of 127.0.0.1 that are free now, for a game server that shares the host's network. */
export async function freeLocalPorts(): Promise<{ grpcPort: number; httpPort: number }> {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once("error", reject);
          server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            resolve(typeof address === "object" && address ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  const [grpcPort = 0, httpPort = 0] = ports;
  return { grpcPort, httpPort };
}
