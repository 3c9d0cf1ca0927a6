import type { JSX } from "preact";
import { useDashboard, useStore, useTexts } from "./dashboard.ts";
import { Icon } from "./icons.tsx";

/** The other language, in its own letters. */
export function LanguageSwitch(): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const language = useStore(dashboard.language);
  const other = language === "en" ? "ko" : "en";
  return (
    <button
      type="button"
      class="bare"
      lang={other}
      title={texts.languageLabel}
      onClick={() => dashboard.speak(other)}
    >
      {texts.language}
    </button>
  );
}

/** Dark or light; until somebody chooses, as the system has it. */
export function ThemeSwitch(): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const isDark = useStore(dashboard.isDark);
  const label = isDark ? texts.toLight : texts.toDark;
  return (
    <button
      type="button"
      class="bare"
      title={label}
      aria-label={label}
      onClick={() => dashboard.light(isDark ? "light" : "dark")}
    >
      <Icon name={isDark ? "sun" : "moon"} />
    </button>
  );
}
