import type { JSX } from "preact";
import { hashFor, type Route } from "../../view/route.ts";
import { Icon } from "./icons.tsx";
import { LanguageSwitch } from "./language-switch.tsx";
import { useMeet, useStore, useTexts } from "./meet.ts";

export function Header(): JSX.Element {
  const meet = useMeet();
  const texts = useTexts();
  const kept = useStore(meet.session.kept);
  const { page } = useStore(meet.route);
  const link = (to: "maps" | "things", label: string): JSX.Element => (
    <a href={hashFor({ page: to } as Route)} aria-current={page === to ? "page" : undefined}>
      {label}
    </a>
  );
  return (
    <header class="top">
      <a class="brand" href={hashFor({ page: "maps" })}>
        <span class="mark" aria-hidden="true" />
        <span class="brand-name">{texts.title}</span>
      </a>
      <nav aria-label={texts.navLabel}>
        {link("maps", texts.maps)}
        {link("things", texts.things)}
      </nav>
      <div class="top-end">
        <LanguageSwitch />
        <span class="nick" title={kept?.user_id}>
          {kept?.nickname}
        </span>
        <button
          type="button"
          class="bare"
          title={texts.logOut}
          aria-label={texts.logOut}
          onClick={() => void meet.session.logOut()}
        >
          <Icon name="door" />
        </button>
      </div>
    </header>
  );
}
