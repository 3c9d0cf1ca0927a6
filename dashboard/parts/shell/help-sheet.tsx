import type { JSX } from "preact";
import { GO_KEYS } from "../../view/keys.ts";
import { useTexts } from "./dashboard.ts";
import { Dialog } from "./dialog.tsx";

/** All keys that the page knows. */
export function HelpSheet({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const texts = useTexts();
  const others = [
    ["/", texts.keySearch],
    ["Ctrl K", texts.find],
    ["j / k", texts.keyRows],
    ["Esc", texts.close],
    ["?", texts.help],
  ] as const;
  const pages = Object.entries(GO_KEYS) as [string, Exclude<(typeof GO_KEYS)[string], "welcome">][];
  return (
    <Dialog title={texts.help} onClose={onClose}>
      <dl class="keys">
        {others.map(([key, text]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
        {pages.map(([key, page]) => (
          <div key={key}>
            <dt>
              <kbd>g</kbd> <kbd>{key}</kbd>
            </dt>
            <dd>{texts[page]}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
