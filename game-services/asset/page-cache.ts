export interface PageCacheOptions {
  /** Characters of all pages together; the one unused for longest goes first. */
  readonly charsMax: number;
  /** So long a page may be shown again, whatever its revision says. */
  readonly ageMsMax: number;
  /** Milliseconds that never go back. */
  readonly now: () => number;
}

interface CachedPage {
  readonly revision: string;
  readonly text: string;
  readonly at: number;
}

/** Pages as they were answered, each good for one revision. */
export class PageCache {
  readonly #options: PageCacheOptions;
  /** In the order of their last use. */
  readonly #pages = new Map<string, CachedPage>();
  #chars = 0;

  constructor(options: PageCacheOptions) {
    this.#options = options;
  }

  get(key: string, revision: string): string | undefined {
    const page = this.#pages.get(key);
    if (!page) return undefined;
    this.#drop(key, page);
    const isOld = this.#options.now() - page.at > this.#options.ageMsMax;
    if (isOld || page.revision !== revision) return undefined;
    this.#keep(key, page);
    return page.text;
  }

  set(key: string, revision: string, text: string): void {
    const before = this.#pages.get(key);
    if (before) this.#drop(key, before);
    this.#keep(key, { revision, text, at: this.#options.now() });
    while (this.#chars > this.#options.charsMax) {
      const [oldest] = this.#pages;
      if (!oldest) return;
      this.#drop(...oldest);
    }
  }

  #keep(key: string, page: CachedPage): void {
    this.#pages.set(key, page);
    this.#chars += key.length + page.text.length;
  }

  #drop(key: string, page: CachedPage): void {
    this.#pages.delete(key);
    this.#chars -= key.length + page.text.length;
  }
}
