import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const PROGRAM = join(import.meta.dirname, "main.ts");
const LISTENING = /"fact":"listening","webSocketPort":(\d+)/;
const ANY_PORT = { FLOTILLA_PORT_GAME: "0", FLOTILLA_PORT_UDP: "0", MAP_METRICS_PORT: "0" };

/** For tests: the game server as `npm run service:game` starts it. */
export class GameProgram {
  readonly webSocketPort: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, webSocketPort: number) {
    this.#child = child;
    this.webSocketPort = webSocketPort;
  }

  /** Resolves when it listens. */
  static async start(env: Readonly<Record<string, string>>): Promise<GameProgram> {
    const child = run(env, ["--alone"]);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    let said = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const [, port] = LISTENING.exec(said) ?? [];
      if (port !== undefined) resolve(Number(port));
    });
    child.once("exit", () => reject(new Error(`it ended: ${said}`)));
    return new GameProgram(child, await promise);
  }

  /** Everything that it says until it ends by itself. */
  static async said(
    env: Readonly<Record<string, string>>,
    args: readonly string[],
  ): Promise<string> {
    let said = "";
    const child = run(env, args);
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => {
        said += chunk.toString();
      });
    await once(child, "close");
    return said;
  }

  async end(): Promise<void> {
    this.#child.kill("SIGTERM");
    await once(this.#child, "exit");
  }
}

function run(env: Readonly<Record<string, string>>, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [PROGRAM, ...args], {
    env: { PATH: process.env.PATH, ...ANY_PORT, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}
