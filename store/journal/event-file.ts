import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Event } from "../../core/model/event.ts";
import { makeOwned } from "./owned-file.ts";
import { migrate } from "./schema.ts";

/** See `SNAPSHOT_MIGRATIONS`. */
export const EVENT_MIGRATIONS: readonly string[] = [
  "CREATE TABLE event (name TEXT PRIMARY KEY, number INTEGER UNIQUE NOT NULL, body TEXT NOT NULL) STRICT",
];

const UPSERT = "INSERT OR REPLACE INTO event VALUES (?, ?, ?)";
const DROP_MANY = `DELETE FROM event WHERE number <=
  (SELECT number FROM event ORDER BY number DESC LIMIT 1 OFFSET ?)`;

/** The last events in an SQLite file that may lose its last second. */
export class EventFile implements Disposable {
  readonly #db: DatabaseSync;
  readonly #eventsMax: number;

  constructor(folder: string, eventsMax: number) {
    const path = join(folder, "events.db");
    makeOwned(path, folder);
    this.#eventsMax = eventsMax;
    this.#db = new DatabaseSync(path, { timeout: 10_000 });
    this.#db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 4194304`);
    migrate(this.#db, path, EVENT_MIGRATIONS);
    this.write([]);
  }

  /** Oldest first. */
  read(): Event[] {
    const rows = this.#db.prepare("SELECT body FROM event ORDER BY number").all();
    return rows.map(({ body }) => JSON.parse(String(body)) as Event);
  }

  /** Keeps new and counted events and drops the oldest over the bound. */
  write(events: readonly Event[]): void {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const upsert = this.#db.prepare(UPSERT);
      for (const event of events) {
        const { name, resourceVersion } = event.metadata;
        upsert.run(name, Number(resourceVersion), JSON.stringify(event));
      }
      this.#db.prepare(DROP_MANY).run(this.#eventsMax);
      this.#db.exec("COMMIT");
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#db[Symbol.dispose]();
  }
}
