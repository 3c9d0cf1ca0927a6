import { type Db, MongoClient } from "mongodb";
import { backoffMs } from "../../core/std/backoff.ts";
import type { Clock } from "../../core/std/clock.ts";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import type { DocumentBounds, DocumentStore } from "../documents/document-store.ts";
import type { DocumentTable, DocumentTables } from "../documents/document-table.ts";
import { LiveDocumentStore } from "../documents/live-document-store.ts";
import type { AnySpec } from "../documents/shape.ts";
import { isPassing, isSpent, unavailable } from "./mongo-errors.ts";
import { type Attempt, MongoTable } from "./mongo-table.ts";

export interface MongoDocumentStoreOptions extends DocumentBounds {
  /** `mongodb://` or `mongodb+srv://`, with credentials and TLS as MongoDB writes them. Never shown. */
  readonly url: string;
  /** The database, where the URL names none. */
  readonly database: string;
  readonly connectionsMax: number;
  /** For a server to be found, a connection to be made or to become free. */
  readonly connectMs: number;
  /** For an answer on a connection, and for the majority to have a write. */
  readonly answerMs: number;
  /** Tries of a command whose connection or primary was lost in the middle. */
  readonly triesMax: number;
  readonly clock: Clock;
}

export const MONGO_DOCUMENT_BOUNDS: Omit<
  MongoDocumentStoreOptions,
  "url" | "database" | "clock" | keyof DocumentBounds
> = { connectionsMax: 32, connectMs: 2_000, answerMs: 5_000, triesMax: 3 };

const RETRY = { firstMs: 50, factor: 4, maxMs: 1_000 };

/** Documents in MongoDB: every write waits for the journals of a majority. */
export async function openMongoDocumentStore(
  options: MongoDocumentStoreOptions,
): Promise<DocumentStore> {
  return new LiveDocumentStore(await MongoTables.open(options), options);
}

class MongoTables implements DocumentTables {
  /** Nothing that a server does must end this process. */
  readonly fatal: Promise<Error> = new Promise(() => undefined);
  readonly #options: MongoDocumentStoreOptions;
  readonly #hosts: string;
  #client: MongoClient;
  #isClosed = false;

  private constructor(options: MongoDocumentStoreOptions) {
    this.#options = options;
    this.#client = clientOf(options);
    this.#hosts = this.#client.options.hosts.join(",");
  }

  static async open(options: MongoDocumentStoreOptions): Promise<MongoTables> {
    await using stack = new AsyncDisposableStack();
    const tables = stack.use(new MongoTables(options));
    await tables.ping();
    stack.move();
    return tables;
  }

  async open(spec: AnySpec): Promise<DocumentTable> {
    return new MongoTable(spec, this.#attempt);
  }

  async ping(): Promise<void> {
    await this.#attempt((db) => db.command({ ping: 1 }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#client.close();
  }

  readonly #attempt: Attempt = async (work) => {
    const { triesMax, clock } = this.#options;
    for (let tries = 0; ; tries++) {
      if (this.#isClosed) throw new FleetError("UNAVAILABLE", "the store is closed");
      try {
        return await this.#bounded((db) => work(db, tries));
      } catch (error) {
        if (!isPassing(error) || tries + 1 >= triesMax) throw unavailable(this.#hosts, error);
        await clock.sleep(backoffMs(tries, RETRY));
      }
    }
  };

  /**
   * One try, which ends whatever the driver does: a command that meets a socket at its end may wait for ever there, and
   * keeps its place among the connections. So the client is replaced then, and with it all of them.
   */
  async #bounded<R>(work: (db: Db) => Promise<R>): Promise<R> {
    const { clock, url, database, connectMs, answerMs } = this.#options;
    const client = this.#client;
    const over = new AbortController();
    const late = clock.sleep(2 * connectMs + answerMs, over.signal).then(
      () => LATE,
      () => LATE,
    );
    const done = work(client.db(databaseIn(url) ?? database));
    try {
      const first = await Promise.race([done, late]);
      if (first !== LATE) return first as R;
    } catch (error) {
      if (isSpent(error)) this.#replace(client);
      throw error;
    } finally {
      over.abort();
    }
    done.catch(() => undefined);
    this.#replace(client);
    throw new FleetError("UNAVAILABLE", `MongoDB at ${this.#hosts} did not answer in time`);
  }

  #replace(client: MongoClient): void {
    if (this.#client !== client || this.#isClosed) return;
    this.#client = clientOf(this.#options);
    client.close().catch(() => undefined);
  }
}

const LATE = Symbol("late");

/** Our own tries know a repeated write by its version, so the driver must make none of its own. */
function clientOf({
  url,
  connectionsMax,
  connectMs,
  answerMs,
}: MongoDocumentStoreOptions): MongoClient {
  try {
    return new MongoClient(url, {
      appName: "flotilla",
      retryWrites: false,
      retryReads: false,
      writeConcern: { w: "majority", journal: true, wtimeoutMS: answerMs },
      readConcern: { level: "majority" },
      readPreference: "primary",
      maxPoolSize: connectionsMax,
      serverSelectionTimeoutMS: connectMs,
      connectTimeoutMS: connectMs,
      waitQueueTimeoutMS: connectMs,
      socketTimeoutMS: answerMs,
    });
  } catch (error) {
    const message = `the URL of MongoDB cannot be used: ${messageOf(error)}`;
    throw new FleetError("INVALID", message, {}, error);
  }
}

function databaseIn(url: string): string | undefined {
  return /^mongodb(?:\+srv)?:\/\/[^/]+\/([^?]+)/.exec(url)?.[1];
}
