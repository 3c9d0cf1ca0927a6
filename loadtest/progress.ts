import type { SecondDone } from "./generator/merge.ts";
import { ARRIVE } from "./generator/players.ts";
import type { Progress } from "./scenario.ts";

/** Where nobody looks on, a line says what so many seconds brought. */
const QUIET_SECONDS = 10;

/** Tells in the terminal how a run goes: a line a second for who looks on, else one every ten. */
export class TerminalProgress implements Progress {
  readonly #write: (line: string) => void;
  readonly #everySeconds: number;
  #arrivals = 0;
  #errors = 0;

  constructor(write: (line: string) => void, isWatched: boolean) {
    this.#write = write;
    this.#everySeconds = isWatched ? 1 : QUIET_SECONDS;
  }

  say(text: string): void {
    this.#write(`· ${text}`);
  }

  second({ second, inPlay, steps }: SecondDone): void {
    const all = Object.values(steps);
    // The next scenario, or turn, has players of its own.
    if (second === 0) [this.#arrivals, this.#errors] = [0, 0];
    this.#arrivals += steps[ARRIVE]?.count ?? 0;
    this.#errors += all.reduce((sum, { errors }) => sum + errors, 0);
    if ((second + 1) % this.#everySeconds !== 0) return;
    const p99s = Object.entries(steps)
      .filter(([name, { p99Ms }]) => name !== ARRIVE && p99Ms !== null)
      .map(([name, { p99Ms }]) => `${name} ${Math.round(p99Ms ?? 0)}`)
      .join(", ");
    const players = this.#arrivals > 0 ? `${this.#arrivals} arrived, ${inPlay} in play, ` : "";
    const counts = `${players}${this.#errors} errors`;
    this.#write(`${String(second + 1).padStart(4)} s  ${counts}; p99 ms: ${p99s || "-"}`);
  }
}
