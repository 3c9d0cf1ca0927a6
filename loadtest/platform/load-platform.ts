import type { FlotillaUp } from "../bench/flotilla-up.ts";
import type { BackingName } from "./backing.ts";
import type { GamePart } from "./game-folder.ts";

/** What a scenario loads: a Flotilla with the game's backend on it, made for the run or running already. */
export interface LoadPlatform extends AsyncDisposable {
  /** Of the API, without a slash at its end. */
  readonly apiUrl: string;
  readonly adminToken: string;
  /** May ask for allocations, rooms and seats, and nothing else. */
  readonly allocateToken: string;
  /** Addresses beside loopback that may be loaded, since somebody said so. */
  readonly allowed: readonly string[];
  /** Made for this run, which may do with it what it likes; undefined when it ran already. */
  readonly own?: FlotillaUp;
  /** What of its settings is other than the example's, for the result. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Why something that the backend was to lean on is not there. */
  readonly missing: ReadonlyMap<BackingName, string>;
  /** Where players find a part of the game's backend; the run asked for that part. */
  url(part: GamePart): string;
  /** One API call with the admin token; throws unless it worked. */
  request(method: string, path: string, body?: object, type?: string): Promise<unknown>;
}
