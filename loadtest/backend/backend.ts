import { type Asked, expectThat, HttpClient } from "../generator/http-client.ts";
import { Targets } from "../platform/targets.ts";

/** Where the parts of the game's backend are; plain data, for threads. */
export interface BackendOptions {
  readonly loginUrl: string;
  readonly assetUrl: string;
  readonly roomUrl: string;
  /** Tells the players of this run from those of others on the same platform. */
  readonly run: string;
  /** Addresses beside loopback that may be loaded. */
  readonly allowed: readonly string[];
}

/** What an answer holds beside `message`. */
export interface Envelope<T> {
  readonly code: number;
  readonly message: T;
  readonly tokens?: Tokens;
}
export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}
/** A request of a player; 200 is wanted unless it says otherwise. */
export type PlayerAsked = Omit<Asked, "status"> & { readonly status?: number };

/** The game's backend as the players of one generator see it. */
export class Backend implements AsyncDisposable {
  readonly options: BackendOptions;
  readonly http: HttpClient = new HttpClient();
  readonly targets: Targets;

  constructor(options: BackendOptions) {
    this.options = options;
    this.targets = new Targets(options.allowed);
    for (const url of [options.loginUrl, options.assetUrl, options.roomUrl])
      if (url !== "") this.targets.check(url);
  }

  /** The whole answer; a failed step when its status or its `code` is not of success. */
  async envelope<T>(url: string, asked: PlayerAsked): Promise<Envelope<T>> {
    const answer = await this.http.json<Envelope<T>>(url, { status: 200, ...asked });
    expectThat(answer.code === 1, `code ${answer.code}`);
    return answer;
  }

  /** Its message. */
  async told<T>(url: string, asked: PlayerAsked): Promise<T> {
    return (await this.envelope<T>(url, asked)).message;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.http[Symbol.asyncDispose]();
  }
}

/** An address for each player, of a network that is set aside for tests (RFC 2544). */
export function addressOf(n: number): string {
  return `198.${18 + ((n >> 16) & 1)}.${(n >> 8) & 255}.${n & 255}`;
}
