import { createContext } from "preact";
import { useContext, useEffect, useMemo, useState } from "preact/hooks";
import { Api } from "../../net/call.ts";
import { Live } from "../../net/live.ts";
import { Rows, type RowsState } from "../../net/rows.ts";
import { Session } from "../../net/session.ts";
import { Store } from "../../net/store.ts";
import type { Overview, RowKind } from "../../net/wire.ts";
import { failureText } from "../../texts/failure-text.ts";
import { type Language, languageOf, type Texts, textsFor } from "../../texts/texts.ts";
import { hashFor, type PageName, type Route, routeOf } from "../../view/route.ts";

/** A sentence that is shown for a while. */
export interface Note {
  readonly id: number;
  readonly kind: "good" | "bad";
  readonly text: string;
}
export type Theme = "light" | "dark" | "system";

const LANGUAGE = "flotilla.language";
const THEME = "flotilla.theme";
const NOTES_MAX = 3;
const TICK_MS = 1_000;

/** What all parts of the page share. */
export class Dashboard {
  readonly api: Api = new Api();
  readonly session: Session = new Session(this.api);
  readonly live: Live = new Live();
  readonly overview: Store<Overview | undefined> = new Store<Overview | undefined>(undefined);
  readonly language: Store<Language>;
  readonly theme: Store<Theme>;
  /** What is seen: the choice, or else what the system has now. */
  readonly isDark: Store<boolean> = new Store(false);
  readonly route: Store<Route> = new Store(routeOf(location.hash));
  readonly notes: Store<readonly Note[]> = new Store<readonly Note[]>([]);
  /** Moves once a second: ages and staleness are told by it. */
  readonly now: Store<number> = new Store(Date.now());
  readonly #rows = new Map<RowKind, Rows>();
  #noteId = 0;

  constructor() {
    this.language = new Store(languageOf(localStorage.getItem(LANGUAGE), navigator.languages));
    this.theme = new Store(themeOf(localStorage.getItem(THEME)));
    const system = matchMedia("(prefers-color-scheme: dark)");
    const look = (): void => {
      // Charts take their colours from the style: it has to change before they are told.
      document.documentElement.dataset.theme = this.theme.value;
      this.isDark.set(isDark(this.theme.value, system.matches));
    };
    system.addEventListener("change", look);
    this.theme.subscribe(look);
    look();
    addEventListener("hashchange", () => this.route.set(routeOf(location.hash)));
    setInterval(() => this.now.set(Date.now()), TICK_MS);
    // The stream does not say why it was refused: an ordinary call does.
    this.live.onRefused = () => void this.session.lookAgain();
    this.session.state.subscribe(() => this.#followOverview());
  }

  get texts(): Texts {
    return textsFor(this.language.value);
  }

  rows(kind: RowKind): Rows {
    const { api, live } = this;
    const rows = this.#rows.get(kind) ?? new Rows({ api, live, kind });
    this.#rows.set(kind, rows);
    return rows;
  }

  speak(language: Language): void {
    localStorage.setItem(LANGUAGE, language);
    this.language.set(language);
  }

  light(theme: Theme): void {
    localStorage.setItem(THEME, theme);
    this.theme.set(theme);
  }

  go(page: PageName, more: Partial<Route> = {}): void {
    location.hash = hashFor({ ...more, page });
  }

  note(kind: Note["kind"], text: string): void {
    this.#noteId += 1;
    const others = this.notes.value.filter((other) => other.text !== text);
    this.notes.set([...others, { id: this.#noteId, kind, text }].slice(-NOTES_MAX));
  }

  /** Shows what went wrong, in the reader's language. */
  tell(error: unknown): void {
    this.note("bad", this.wordsFor(error));
  }

  wordsFor(error: unknown): string {
    return failureText(error, this.texts);
  }

  #letGo: (() => void) | undefined;
  #followOverview(): void {
    const isIn = this.session.state.value.is === "in";
    if (isIn && !this.#letGo)
      this.#letGo = this.live.want("overview", (data) => this.overview.set(data as Overview));
    if (isIn || !this.#letGo) return;
    this.#letGo();
    this.#letGo = undefined;
    this.overview.set(undefined);
  }
}

function isDark(theme: Theme, isSystemDark: boolean): boolean {
  return theme === "system" ? isSystemDark : theme === "dark";
}

function themeOf(text: string | null): Theme {
  return text === "light" || text === "dark" ? text : "system";
}

export const DashboardContext: ReturnType<typeof createContext<Dashboard | undefined>> =
  createContext<Dashboard | undefined>(undefined);

export function useDashboard(): Dashboard {
  const dashboard = useContext(DashboardContext);
  if (!dashboard) throw new Error("bug: a part stands outside the page");
  return dashboard;
}

export function useTexts(): Texts {
  return textsFor(useStore(useDashboard().language));
}

/** The value of a store, and the part drawn anew when it changes. */
export function useStore<T>(store: Store<T>): T {
  const [, draw] = useState(0);
  const { value } = store;
  useEffect(() => {
    if (!Object.is(value, store.value)) draw((n) => n + 1);
    return store.subscribe(() => draw((n) => n + 1));
  }, [store]);
  return value;
}

/** All rows of a kind, kept up to date while the part is there. */
export function useRows(kind: RowKind): RowsState {
  const dashboard = useDashboard();
  const rows = useMemo(() => dashboard.rows(kind), [dashboard, kind]);
  useEffect(() => rows.use(), [rows]);
  return useStore(rows.state);
}
