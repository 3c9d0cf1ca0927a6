import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { AllocationStatus } from "../../core/model/allocation.ts";
import { expectThat, HttpClient } from "../generator/http-client.ts";
import type { PlayerRun, Players } from "../generator/players.ts";
import { StepFailed } from "../generator/tally.ts";
import { Targets } from "../platform/targets.ts";

export interface AllocationOptions {
  readonly apiUrl: string;
  readonly token: string;
  readonly fleet: string;
  /** Addresses beside loopback that may be loaded. */
  readonly allowed: readonly string[];
}

const PATH = "/apis/allocation.agones.dev/v1/namespaces/default/gameserverallocations";
const ANSWER_WITHIN_MS = 10_000;

class World implements AsyncDisposable {
  readonly http: HttpClient = new HttpClient();
  readonly options: AllocationOptions;
  readonly targets: Targets;

  constructor(options: AllocationOptions) {
    this.options = options;
    this.targets = new Targets(options.allowed);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.http[Symbol.asyncDispose]();
  }
}

/** Gets a game server, goes there, holds it for the stay, and gives it back. */
export const players: Players<AllocationOptions, World> = {
  open: async (options) => new World(options),
  play: async ({ dueMs, staySeconds, tally, world, signal }) => {
    const place = await tally.step("allocate", () => allocate(world, signal), dueMs);
    using line = await tally.step("reach the server", async () => {
      world.targets.checkHost(place.address);
      const opened = await LineToGame.open(place);
      await opened.ask("take", "taken");
      return opened;
    });
    await sleep(staySeconds * 1_000, undefined, { signal }).catch(() => undefined);
    await tally.step("give back", () => line.ask("give", "given"));
  },
};

interface Place {
  readonly address: string;
  readonly port: number;
}

async function allocate(world: World, signal: PlayerRun<World>["signal"]): Promise<Place> {
  const { apiUrl, token, fleet } = world.options;
  const selectors = [{ matchLabels: { "agones.dev/fleet": fleet } }];
  const kind = { apiVersion: "allocation.agones.dev/v1", kind: "GameServerAllocation" };
  const { status } = await world.http.json<{ readonly status: AllocationStatus }>(
    `${apiUrl}${PATH}`,
    { method: "POST", token, body: { ...kind, spec: { selectors } }, status: 201, signal },
  );
  expectThat(status?.state === "Allocated", `state ${status?.state}`);
  const { gameServerName, address, ports } = status;
  expectThat(gameServerName?.startsWith(`${fleet}-`) === true, "a server of another fleet");
  const [port] = ports ?? [];
  expectThat(port?.name === "game" && port.port > 0 && address !== "", "no place to go to");
  return { address, port: port.port };
}

/** A connection to the game, on which one line is asked at a time. */
class LineToGame implements Disposable {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open({ address, port }: Place): Promise<LineToGame> {
    const socket = connect({ host: address, port, noDelay: true });
    socket.setEncoding("utf8");
    await once(socket, "connect", { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    // What ends it is seen by who asks.
    socket.on("error", () => undefined);
    return new LineToGame(socket);
  }

  async ask(line: string, wanted: string): Promise<void> {
    const late = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const ended = once(this.#socket, "close", { signal: late }).then(() => {
      throw new StepFailed("the game closed the connection");
    });
    const answered = once(this.#socket, "data", { signal: late });
    this.#socket.write(`${line}\n`);
    const [answer] = (await Promise.race([answered, ended])) as [string];
    expectThat(answer === `${wanted}\n`, `the game says ${answer.trim()}`);
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
