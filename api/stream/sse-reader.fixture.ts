export interface SseEvent {
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects
  readonly data: any;
}

/** A page that follows topics: what it got, in order. */
export class SseReader implements AsyncDisposable {
  readonly events: SseEvent[] = [];
  readonly comments: string[] = [];
  /** Resolves when the server ended the stream. */
  readonly ended: Promise<void>;
  readonly #stop: AbortController;
  #rest = "";
  #onEvent: (() => void) | undefined;

  private constructor(response: Response, stop: AbortController) {
    this.#stop = stop;
    this.ended = this.#read(response).catch(() => undefined);
  }

  static async open(url: string, token: string, topics: string): Promise<SseReader> {
    const stop = new AbortController();
    const response = await fetch(`${url}/v1/stream?topics=${topics}`, {
      headers: { authorization: `Bearer ${token}` },
      signal: stop.signal,
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return new SseReader(response, stop);
  }

  /** Waits until an event is there for which `fits` holds. */
  async until(fits: (event: SseEvent) => boolean): Promise<SseEvent> {
    for (let at = 0; ; ) {
      for (; at < this.events.length; at++) {
        const event = this.events[at];
        if (event && fits(event)) return event;
      }
      await new Promise<void>((resolve) => {
        this.#onEvent = resolve;
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.ended;
  }

  async #read({ body }: Response): Promise<void> {
    const text = body?.pipeThrough(new TextDecoderStream());
    for await (const piece of text ?? []) {
      const messages = `${this.#rest}${piece}`.split("\n\n");
      this.#rest = messages.pop() ?? "";
      for (const message of messages) this.#take(message);
      this.#onEvent?.();
    }
  }

  #take(message: string): void {
    const [first = "", second = ""] = message.split("\n");
    if (first.startsWith(":")) this.comments.push(first);
    else this.events.push({ event: first.slice(7), data: JSON.parse(second.slice(6)) });
  }
}
