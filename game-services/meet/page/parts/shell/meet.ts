import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { KnownAssets } from "../../net/known-assets.ts";
import { Services } from "../../net/services.ts";
import { Session } from "../../net/session.ts";
import { Store } from "../../net/store.ts";
import { failureText, requestIdOf } from "../../texts/failure-text.ts";
import { type Language, languageOf, type Texts, textsFor } from "../../texts/texts.ts";
import { hashFor, type Route, routeOf } from "../../view/route.ts";

/** A sentence that is shown for a while. */
export interface Note {
  readonly id: number;
  readonly kind: "good" | "bad";
  readonly text: string;
}

const CHOSEN = "flotilla.meet.language";
const NOTES_MAX = 3;

/** What all parts of the page share. */
export class Meet {
  readonly session: Session = new Session(localStorage);
  readonly services: Services = new Services(this.session);
  readonly language: Store<Language>;
  readonly route: Store<Route>;
  readonly notes: Store<readonly Note[]> = new Store<readonly Note[]>([]);
  /** Where game servers are reached; undefined means at their own address. */
  gameEndpoint: string | undefined;
  /** Pictures of things, for all parts of the page. */
  readonly pictures: KnownAssets = new KnownAssets((ids) => this.services.assets(ids));
  #noteId = 0;

  constructor() {
    this.language = new Store(languageOf(localStorage.getItem(CHOSEN), navigator.languages));
    this.route = new Store(routeOf(location.hash));
    addEventListener("hashchange", () => this.route.set(routeOf(location.hash)));
  }

  get texts(): Texts {
    return textsFor(this.language.value);
  }

  speak(language: Language): void {
    localStorage.setItem(CHOSEN, language);
    this.language.set(language);
  }

  go(route: Route): void {
    location.hash = hashFor(route);
  }

  note(kind: Note["kind"], text: string): void {
    this.#noteId += 1;
    const note = { id: this.#noteId, kind, text };
    const others = this.notes.value.filter((other) => other.text !== text);
    this.notes.set([...others, note].slice(-NOTES_MAX));
  }

  /** Shows what went wrong. */
  tell(error: unknown): void {
    this.note("bad", this.wordsFor(error));
  }

  /** What went wrong, in the player's words and language. */
  wordsFor(error: unknown): string {
    const id = requestIdOf(error);
    const text = this.texts[failureText(error)];
    return id === undefined ? text : `${text} (${this.texts.requestId(id)})`;
  }
}

export const MeetContext: ReturnType<typeof createContext<Meet | undefined>> = createContext<
  Meet | undefined
>(undefined);

export function useMeet(): Meet {
  const meet = useContext(MeetContext);
  if (!meet) throw new Error("bug: a part stands outside the page");
  return meet;
}

export function useTexts(): Texts {
  const { language } = useMeet();
  return textsFor(useStore(language));
}

/** The value of a store, and the part drawn anew when it changes. */
export function useStore<T>(store: Store<T>): T {
  const [, draw] = useState(0);
  useEffect(() => store.subscribe(() => draw((n) => n + 1)), [store]);
  return store.value;
}
