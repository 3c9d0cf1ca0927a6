import { useEffect } from "preact/hooks";
import { meantBy } from "../../view/keys.ts";
import { useDashboard } from "./dashboard.ts";

/** A `g` counts so long. */
const TOGETHER_MS = 1_500;

/** Keys that work everywhere but in fields and dialogs. */
export function useKeys({ onHelp, onFind }: { onHelp: () => void; onFind: () => void }): void {
  const dashboard = useDashboard();
  useEffect(() => {
    let before: { readonly key: string; readonly atMs: number } | undefined;
    const hear = (event: KeyboardEvent): void => {
      if (event.key === "k" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        onFind();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTaken(event.target)) return;
      const isTogether = before !== undefined && event.timeStamp - before.atMs < TOGETHER_MS;
      const meant = meantBy(event.key, isTogether ? before?.key : undefined);
      before = meant.do === "wait" ? { key: event.key, atMs: event.timeStamp } : undefined;
      if (meant.do === "nothing" || meant.do === "wait") return;
      event.preventDefault();
      if (meant.do === "go") dashboard.go(meant.page);
      else if (meant.do === "help") onHelp();
      else if (meant.do === "search") search(onFind);
      else moveRow(meant.do === "next" ? 1 : -1);
    };
    addEventListener("keydown", hear);
    return () => removeEventListener("keydown", hear);
  }, []);
}

/** The page's own search field; without one, that of everything. */
function search(onFind: () => void): void {
  const field = document.querySelector<HTMLInputElement>("main [type=search]");
  if (field) field.focus();
  else onFind();
}

/** Who types, types; and a dialog has its own keys. */
function isTaken(target: EventTarget | null): boolean {
  if (document.querySelector("dialog[open]")) return true;
  return target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/** Moves the focus from one row's link to that of the next. */
function moveRow(by: number): void {
  const links = [...document.querySelectorAll<HTMLElement>("main a.row-link")];
  const at = links.indexOf(document.activeElement as HTMLElement);
  const next = links[at < 0 ? 0 : Math.max(0, Math.min(links.length - 1, at + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}
