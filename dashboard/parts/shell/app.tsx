import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { textsFor } from "../../texts/texts.ts";
import { SignInPage } from "../sign-in/sign-in-page.tsx";
import { WelcomePage } from "../sign-in/welcome-page.tsx";
import { type Dashboard, DashboardContext, useDashboard, useStore, useTexts } from "./dashboard.ts";
import { Frame } from "./frame.tsx";
import { Notes } from "./notes.tsx";

export function App({ dashboard }: { readonly dashboard: Dashboard }): JSX.Element {
  const language = useStore(dashboard.language);
  useEffect(() => {
    document.documentElement.lang = language;
    document.title = textsFor(language).title;
  }, [language]);
  return (
    <DashboardContext.Provider value={dashboard}>
      <Entrance />
      <Notes />
    </DashboardContext.Provider>
  );
}

/** A one-time link leads past whoever is signed in. */
function Entrance(): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const session = useStore(dashboard.session.state);
  const route = useStore(dashboard.route);
  if (route.page === "welcome" && route.name) return <WelcomePage token={route.name} />;
  if (session.is === "in") return <Frame key={session.who.user} />;
  if (session.is === "out") return <SignInPage />;
  return (
    <main class="entrance">
      <p class="hint" role="status">
        {session.is === "away" ? texts.serverAway : texts.loading}
      </p>
    </main>
  );
}
