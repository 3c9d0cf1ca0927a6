import { Store } from "./store.ts";

export interface LiveState {
  readonly isOpen: boolean;
  /** When something was last heard; undefined before the first time. */
  readonly heardAtMs: number | undefined;
}
type Listener = (data: unknown) => void;

/** Topics are gathered so long, so that a page that opens asks once for all of its parts. */
const GATHER_MS = 30;
const AGAIN_MS = { first: 500, most: 5_000 };

/**
 * The page's one event stream: every part says which topic it wants, all of them come over one connection. It is opened
 * again when the topics change, and after it broke; each topic then begins with its present state.
 */
export class Live {
  readonly state: Store<LiveState> = new Store<LiveState>({ isOpen: false, heardAtMs: undefined });
  /** Told when the stream could not be opened: perhaps nobody is signed in any more. */
  onRefused: () => void = () => undefined;
  readonly #wanted = new Map<string, Set<Listener>>();
  #source: EventSource | undefined;
  #open = "";
  #timer: number | undefined;
  #pauseMs = AGAIN_MS.first;

  /** The answer lets go of the topic. */
  want(topic: string, listener: Listener): () => void {
    const listeners = this.#wanted.get(topic) ?? new Set();
    listeners.add(listener);
    this.#wanted.set(topic, listeners);
    this.#later(GATHER_MS);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#wanted.get(topic) === listeners) this.#wanted.delete(topic);
      this.#later(GATHER_MS);
    };
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#follow(), ms);
  }

  #follow(): void {
    const topics = [...this.#wanted.keys()].sort().join(",");
    if (topics === this.#open && this.#source) return;
    this.#source?.close();
    this.#source = undefined;
    this.#open = topics;
    if (topics === "") {
      this.#set({ isOpen: false });
      return;
    }
    const source = new EventSource(`/v1/stream?topics=${encodeURIComponent(topics)}`);
    this.#source = source;
    source.onopen = () => {
      this.#pauseMs = AGAIN_MS.first;
      this.#set({ isOpen: true, heardAtMs: Date.now() });
    };
    source.onerror = () => this.#broke(source);
    for (const event of EVENTS)
      source.addEventListener(event, (message) => this.#hear(event, message.data));
  }

  #broke(source: EventSource): void {
    if (source !== this.#source) return;
    source.close();
    this.#source = undefined;
    this.#set({ isOpen: false });
    this.onRefused();
    this.#later(this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, AGAIN_MS.most);
  }

  #hear(event: string, text: string): void {
    this.#set({ isOpen: true, heardAtMs: Date.now() });
    const data: unknown = JSON.parse(text);
    for (const listener of [...(this.#wanted.get(topicOf(event, data)) ?? [])]) listener(data);
  }

  #set(change: Partial<LiveState>): void {
    this.state.set({ ...this.state.value, ...change });
  }
}

const EVENTS = ["overview", "rows", "samples", "events", "alerts", "history"] as const;

/** Which topic a message belongs to. Pure. */
export function topicOf(event: string, data: unknown): string {
  const { kind = "", namespace = "", name = "" } = data as Readonly<Record<string, string>>;
  if (event === "rows") return `rows:${kind}`;
  return event === "samples" ? `samples:${kind}/${namespace}/${name}` : event;
}
