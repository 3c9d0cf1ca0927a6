import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { EditorPage } from "../editor/editor-page.tsx";
import { MapsPage } from "../maps/maps-page.tsx";
import { PlayPage } from "../play/play-page.tsx";
import { SignInPage } from "../sign-in/sign-in-page.tsx";
import { ThingsPage } from "../things/things-page.tsx";
import { Header } from "./header.tsx";
import { type Meet, MeetContext, useMeet, useStore, useTexts } from "./meet.ts";
import { Notes } from "./notes.tsx";

export function App({ meet }: { readonly meet: Meet }): JSX.Element {
  return (
    <MeetContext.Provider value={meet}>
      <Pages />
      <Notes />
    </MeetContext.Provider>
  );
}

function Pages(): JSX.Element {
  const meet = useMeet();
  const texts = useTexts();
  const language = useStore(meet.language);
  const kept = useStore(meet.session.kept);
  const route = useStore(meet.route);
  useEffect(() => {
    document.documentElement.lang = language;
    document.title = texts.title;
  }, [language]);
  if (!kept) return <SignInPage />;
  if (route.page === "play")
    return <PlayPage key={`${kept.user_id} ${route.map}`} map={route.map} link={route.link} />;
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById("main")?.focus()}>
        {texts.skip}
      </button>
      <Header />
      <main id="main" tabIndex={-1} key={kept.user_id}>
        {route.page === "maps" && <MapsPage />}
        {route.page === "things" && <ThingsPage />}
        {route.page === "edit" && <EditorPage key={route.map ?? "new"} map={route.map} />}
      </main>
    </>
  );
}
