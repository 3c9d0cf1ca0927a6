/** A page that follows the stream, as a browser does: what it got, and when. */
export class StreamPage implements AsyncDisposable {
  /** Called with the names of rows as they come. */
  onRows: ((names: readonly string[]) => void) | undefined;
  bytes = 0;
  readonly #stop = new AbortController();
  readonly #reading: Promise<void>;

  private constructor(response: Response) {
    this.#reading = this.#read(response).catch(() => undefined);
  }

  static async open(url: string, token: string, topics: string): Promise<StreamPage> {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${url}/v1/stream?topics=${topics}`, { headers });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return new StreamPage(response);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#reading;
  }

  async #read({ body }: Response): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    const reader = body?.getReader();
    this.#stop.signal.addEventListener("abort", () => void reader?.cancel());
    for (;;) {
      const { value, done } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || !value) return;
      this.bytes += value.length;
      // Pages that only count do not take the generator's time for the text.
      if (!this.onRows) continue;
      const messages = (rest + decoder.decode(value, { stream: true })).split("\n\n");
      rest = messages.pop() ?? "";
      for (const message of messages) this.#take(message);
    }
  }

  #take(message: string): void {
    const [first, data = ""] = message.split("\n");
    if (first !== "event: rows") return;
    const { changed = [] } = JSON.parse(data.slice("data: ".length));
    this.onRows?.(changed.map(({ name }: { name: string }) => name));
  }
}
