import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { hashFor } from "../../view/route.ts";
import { PasswordDialog } from "../people/password-dialog.tsx";
import { roleText } from "../people/roles.ts";
import { useDashboard, useStore, useTexts } from "./dashboard.ts";
import { Icon, Mark } from "./icons.tsx";
import { LanguageSwitch, ThemeSwitch } from "./switches.tsx";

interface HeaderProps {
  readonly isMenuOpen: boolean;
  readonly onMenu: () => void;
  readonly onFind: () => void;
  readonly onHelp: () => void;
}

export function Header({ isMenuOpen, onMenu, onFind, onHelp }: HeaderProps): JSX.Element {
  const texts = useTexts();
  return (
    <header class="top">
      <button
        type="button"
        class="bare menu-button"
        aria-expanded={isMenuOpen}
        aria-controls="menu"
        aria-label={texts.menu}
        onClick={onMenu}
      >
        <Icon name={isMenuOpen ? "close" : "menu"} />
      </button>
      <a class="brand" href={hashFor({ page: "overview" })}>
        <Mark />
        <span>Flotilla</span>
      </a>
      <button type="button" class="find-button" onClick={onFind} aria-label={texts.find}>
        <Icon name="search" />
        <span class="find-text">{texts.find}</span>
        <kbd>/</kbd>
      </button>
      <div class="top-end">
        <LiveMark />
        <button
          type="button"
          class="bare wide-only"
          title={texts.help}
          aria-label={texts.help}
          onClick={onHelp}
        >
          <Icon name="help" />
        </button>
        <ThemeSwitch />
        <LanguageSwitch />
        <Who />
      </div>
    </header>
  );
}

/** Whether what is shown is what is now. */
function LiveMark(): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const { isOpen } = useStore(dashboard.live.state);
  return (
    <span class={isOpen ? "live live-on" : "live"}>
      <span class="live-dot" aria-hidden="true" />
      <span class="wide-only">{isOpen ? texts.live : texts.notLive}</span>
    </span>
  );
}

function Who(): JSX.Element | null {
  const dashboard = useDashboard();
  const texts = useTexts();
  const session = useStore(dashboard.session.state);
  const [isChanging, change] = useState(false);
  if (session.is !== "in") return null;
  const { user, role } = session.who;
  return (
    <>
      <button
        type="button"
        class="bare who"
        title={texts.changePassword}
        onClick={() => change(true)}
      >
        <span class="who-name">{user}</span>
        <span class="who-role wide-only">{roleText(role, texts)}</span>
      </button>
      <button
        type="button"
        class="bare"
        title={texts.signOut}
        aria-label={texts.signOut}
        onClick={() => dashboard.session.signOut().catch((error) => dashboard.tell(error))}
      >
        <Icon name="out" />
      </button>
      {isChanging && <PasswordDialog onClose={() => change(false)} />}
    </>
  );
}
