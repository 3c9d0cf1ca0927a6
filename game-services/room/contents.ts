import { randomBytes } from "node:crypto";
import { assert } from "../../core/std/assert.ts";
import { isFleetError } from "../../core/std/errors.ts";
import type { Collection } from "../../store/documents/document-store.ts";
import { GroupedReads } from "../service/grouped-reads.ts";
import type { MapContent, MapHead, StoredContent } from "./collections.ts";
import { refsOf } from "./decide-history.ts";

export interface ContentsOptions {
  readonly collection: Collection<StoredContent>;
  /** Characters of JSON that are kept in memory; contents unused for longest go first. */
  readonly cachedCharsMax: number;
  readonly now: () => number;
}

/** A content and its JSON without the braces around it, so that it need not be written anew for each answer. */
export interface ReadContent {
  readonly content: MapContent;
  readonly text: string;
}

const PAGE = 10;
const READ_MAX = 50;
/** Nobody who is alive takes longer from writing a content to swapping the head to it. */
const WRITING_MS = 300_000;

/** What maps show. A content is written once and never changed, so that what is in memory is never old. */
export class Contents {
  readonly #options: ContentsOptions;
  readonly #reads: GroupedReads<StoredContent>;
  /** In the order of their last use. */
  readonly #cached = new Map<string, ReadContent>();
  #cachedChars = 0;

  constructor(options: ContentsOptions) {
    this.#options = options;
    this.#reads = new GroupedReads({ collection: options.collection, groupMax: READ_MAX });
  }

  /** The content of a head; undefined when the head that led there is not the present one any more. */
  async read(ref: string): Promise<ReadContent | undefined> {
    const cached = this.#cached.get(ref);
    if (cached) {
      this.#cached.delete(ref);
      this.#cached.set(ref, cached);
      return cached;
    }
    const kept = await this.#reads.get(ref);
    return kept && this.#keep(ref, kept.body);
  }

  /** Writes a content that no head leads to yet: its id, and the characters of its JSON. */
  async write(
    born: string,
    content: MapContent,
  ): Promise<{ readonly ref: string; readonly chars: number }> {
    const ref = `${born}.${randomBytes(9).toString("base64url")}`;
    const { collection, now } = this.#options;
    const body = { ...content, of: born, written_at: now() };
    await collection.insert(ref, body);
    const { text } = this.#keep(ref, body);
    return { ref, chars: text.length };
  }

  /** Removes contents that no head leads to; safe to repeat. */
  async remove(refs: readonly string[]): Promise<void> {
    await Promise.all(
      refs.map(async (ref) => {
        this.#forget(ref);
        await this.#options.collection.delete(ref).catch(unlessGone);
      }),
    );
  }

  /** Removes what processes that died have written of a map, or all of it when it has no head any more. */
  async sweep(born: string, head: MapHead | undefined): Promise<void> {
    const { collection, now } = this.#options;
    const kept = new Set(head ? refsOf(head) : []);
    const until = head ? now() - WRITING_MS : Number.MAX_SAFE_INTEGER;
    let next: { continue?: string } = {};
    do {
      const query = { index: "ofMap", equal: { of: born }, until, limit: PAGE };
      const page = await collection.find({ ...query, ...next });
      await this.remove(page.items.map(({ id }) => id).filter((id) => !kept.has(id)));
      next = page.continue === undefined ? {} : { continue: page.continue };
    } while (next.continue !== undefined);
  }

  #keep(ref: string, { of: _of, written_at: _at, ...content }: StoredContent): ReadContent {
    const text = JSON.stringify(content).slice(1, -1);
    const read = { content, text };
    this.#forget(ref);
    this.#cached.set(ref, read);
    this.#cachedChars += text.length;
    for (const [oldest] of this.#cached) {
      if (this.#cachedChars <= this.#options.cachedCharsMax) break;
      this.#forget(oldest);
    }
    return read;
  }

  #forget(ref: string): void {
    const cached = this.#cached.get(ref);
    if (!cached) return;
    this.#cached.delete(ref);
    this.#cachedChars -= cached.text.length;
    assert(this.#cachedChars >= 0, "more was forgotten than known");
  }
}

function unlessGone(error: unknown): void {
  if (!isFleetError(error, "NOT_FOUND")) throw error;
}
