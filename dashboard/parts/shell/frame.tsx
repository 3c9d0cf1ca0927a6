import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Banner } from "./banner.tsx";
import { useDashboard, useStore, useTexts } from "./dashboard.ts";
import { Finder } from "./finder.tsx";
import { Header } from "./header.tsx";
import { HelpSheet } from "./help-sheet.tsx";
import { PageOf } from "./pages.tsx";
import { Sidebar } from "./sidebar.tsx";
import { useKeys } from "./use-keys.ts";

/** What stands around every page of who is signed in. */
export function Frame(): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const route = useStore(dashboard.route);
  const main = useRef<HTMLElement>(null);
  const [opened, open] = useState<"finder" | "help" | undefined>(undefined);
  const [isMenuOpen, openMenu] = useState(false);
  useKeys({ onHelp: () => open("help"), onFind: () => open("finder") });
  const place = `${route.page}/${route.namespace ?? ""}/${route.name ?? ""}`;
  const first = useRef(place);
  useEffect(() => {
    openMenu(false);
    if (first.current === place) return;
    first.current = place;
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [place]);
  return (
    <div class={isMenuOpen ? "frame menu-open" : "frame"}>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        {texts.skip}
      </button>
      <Header
        isMenuOpen={isMenuOpen}
        onMenu={() => openMenu(!isMenuOpen)}
        onFind={() => open("finder")}
        onHelp={() => open("help")}
      />
      <Sidebar />
      <main id="main" tabIndex={-1} ref={main}>
        <Banner />
        <PageOf key={place} route={route} />
      </main>
      {opened === "finder" && <Finder onClose={() => open(undefined)} />}
      {opened === "help" && <HelpSheet onClose={() => open(undefined)} />}
    </div>
  );
}
