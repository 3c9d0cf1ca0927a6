import { join, resolve } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Resource } from "../../core/model/resource.ts";
import { assert } from "../../core/std/assert.ts";
import { FleetError } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";
import type { Change } from "../commit-log.ts";
import { keyOfChange, outcomeOf, type ResourceChange } from "../replay.ts";
import type { Remembered } from "../resource-store.ts";
import { deposed } from "./leader.ts";
import { makeOwned } from "./owned-file.ts";
import { migrate, readMeta, SNAPSHOT_MIGRATIONS, writeMeta } from "./schema.ts";

export interface SnapshotOptions {
  readonly answersMax: number;
  readonly answerAgeMsMax: number;
  /** How long another process may be in the middle of a write to it. */
  readonly snapshotWaitMs: number;
}

const SQLITE_BUSY = 5;

/** How far the snapshot reaches: the number of the last record in it, and that record's revision. */
export interface SnapshotMark {
  readonly record: number;
  readonly revision: number;
}

const UPSERT_RESOURCE =
  "INSERT INTO resource VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET body = ?2";
const UPSERT_ANSWER = "INSERT OR REPLACE INTO answer (key, at, body) VALUES (?, ?, ?)";
const DROP_OLD = "DELETE FROM answer WHERE at <= (SELECT max(at) FROM answer) - ?";
const DROP_MANY = `DELETE FROM answer WHERE position <=
  (SELECT position FROM answer ORDER BY position DESC LIMIT 1 OFFSET ?)`;

/** Every resource as of some record of the journal, in one SQLite file. */
export class Snapshot implements Disposable {
  readonly #folder: string;
  readonly #db: DatabaseSync;
  readonly #options: SnapshotOptions;
  readonly #select: StatementSync;
  readonly #upsert: StatementSync;
  readonly #delete: StatementSync;
  readonly #answer: StatementSync;

  /** Opens or makes the file in `folder` and touches all that SQLite opens lazily: later the folder's path may be out of reach. */
  constructor(folder: string, options: SnapshotOptions) {
    const path = join(folder, "snapshot.db");
    this.#folder = folder;
    this.#options = options;
    makeOwned(path, folder);
    this.#db = new DatabaseSync(path, { timeout: options.snapshotWaitMs });
    this.#unlessHeld(() => {
      this.#db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;
        PRAGMA journal_size_limit = 16777216`);
      migrate(this.#db, path, SNAPSHOT_MIGRATIONS);
      writeMeta(this.#db, "opened", readMeta(this.#db, "opened") + 1);
    });
    this.#select = this.#db.prepare("SELECT body FROM resource WHERE key = ?");
    this.#upsert = this.#db.prepare(UPSERT_RESOURCE);
    this.#delete = this.#db.prepare("DELETE FROM resource WHERE key = ?");
    this.#answer = this.#db.prepare(UPSERT_ANSWER);
  }

  get mark(): SnapshotMark {
    return { record: readMeta(this.#db, "record"), revision: readMeta(this.#db, "revision") };
  }

  *load(): Iterable<Change> {
    const { revision } = this.mark;
    for (const row of this.#db.prepare("SELECT body FROM resource").iterate())
      yield { revision, put: JSON.parse(String(row.body)) as Resource };
    for (const row of this.#db.prepare("SELECT body FROM answer ORDER BY position").iterate())
      yield { remember: JSON.parse(String(row.body)) as Remembered };
  }

  /**
   * Begins the next epoch, one that is after `seen`: `take` runs while nobody else can take over, and no leader before
   * can fold any more. Throws FAILED_PRECONDITION when another process holds the snapshot all the time.
   */
  takeOver<T>(seen: number, take: (epoch: number) => T): T {
    this.#unlessHeld(() => this.#db.exec("BEGIN IMMEDIATE"));
    try {
      const epoch = Math.max(readMeta(this.#db, "epoch"), seen) + 1;
      writeMeta(this.#db, "epoch", epoch);
      const taken = take(epoch);
      this.#db.exec("COMMIT");
      return taken;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  /** Takes in the changes after the present mark, up to `mark`, in one durable transaction of the leader of `epoch`. */
  fold(changes: Iterable<Change>, mark: SnapshotMark, epoch: number): void {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      // Within the transaction: a leader that was deposed before it folds nothing, however late it comes.
      if (readMeta(this.#db, "epoch") !== epoch) throw deposed(this.#folder, epoch);
      const touched = new Map<string, Resource | undefined>();
      for (const change of changes) this.#take(change, touched);
      for (const [key, resource] of touched) this.#put(key, resource);
      this.#db.prepare(DROP_OLD).run(this.#options.answerAgeMsMax);
      this.#db.prepare(DROP_MANY).run(this.#options.answersMax);
      writeMeta(this.#db, "record", mark.record);
      writeMeta(this.#db, "revision", mark.revision);
      this.#db.exec("COMMIT");
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#db[Symbol.dispose]();
  }

  #unlessHeld(write: () => void): void {
    try {
      write();
    } catch (error) {
      throw (error as { errcode?: number }).errcode === SQLITE_BUSY ? held(this.#folder) : error;
    }
  }

  #take(change: Change, touched: Map<string, Resource | undefined>): void {
    if ("remember" in change) {
      const { remember } = change;
      this.#answer.run(remember.key, remember.at, JSON.stringify(remember));
      return;
    }
    const find = (key: string): Resource | undefined =>
      touched.has(key) ? touched.get(key) : this.#read(key);
    const key = keyOfChange(change);
    if ("key" in change) touched.set(key, patched(find(key), change));
    else touched.set(key, outcomeOf(change, find).after);
  }

  #read(key: string): Resource | undefined {
    const row = this.#select.get(key);
    return row && JSON.parse(String(row.body));
  }

  #put(key: string, resource: Resource | undefined): void {
    if (resource) this.#upsert.run(key, JSON.stringify(resource));
    else this.#delete.run(key);
  }
}

function held(folder: string): FleetError {
  const message = `another process holds the snapshot in the state folder ${resolve(folder)}; end it first`;
  return new FleetError("FAILED_PRECONDITION", message, { folder });
}

type Members = Record<string, unknown>;

/**
 * What a patch makes of `resource`, which nobody else holds: it was read from the file or the journal by this fold.
 * So it is changed in place; a copy for each of a server's many changes would be nearly all of the work.
 */
function patched(
  resource: Resource | undefined,
  { key, patch, revision }: Extract<ResourceChange, { key: string }>,
): Resource {
  assert(resource, `revision ${revision} patches ${key}, which is not there`);
  mergeInto(resource as unknown as Members, patch as Members);
  (resource.metadata as unknown as Members).resourceVersion = String(revision);
  return resource;
}

/** JSON merge patch (RFC 7396) that changes its target. */
function mergeInto(target: Members, patch: Members): void {
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete target[key];
    else if (isObject(value)) {
      const member = target[key];
      const into = isObject(member) ? member : {};
      target[key] = into;
      mergeInto(into, value);
    } else target[key] = value;
  }
}
