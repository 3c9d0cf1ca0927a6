import type { JSX } from "preact";
import { useMeet, useStore, useTexts } from "./meet.ts";

export function LanguageSwitch(): JSX.Element {
  const meet = useMeet();
  const texts = useTexts();
  const other = useStore(meet.language) === "en" ? "ko" : "en";
  return (
    <button
      type="button"
      class="bare language"
      lang={other}
      aria-label={texts.languageLabel}
      onClick={() => meet.speak(other)}
    >
      {texts.language}
    </button>
  );
}
