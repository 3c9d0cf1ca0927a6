import type { JSX } from "preact";
import { useDashboard, useTexts } from "../shell/dashboard.ts";
import { Dialog } from "../shell/dialog.tsx";

/** A link or a token that is shown this once. */
export function SecretOnce(props: {
  readonly title: string;
  readonly about: string;
  readonly secret: string;
  readonly onClose: () => void;
}): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(props.secret);
      dashboard.note("good", texts.copied);
    } catch {
      // Pages over plain HTTP may not: the field is there to copy from.
      dashboard.note("bad", texts.copyByHand);
    }
  };
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <p class="about">{props.about}</p>
      <div class="field">
        <input
          readOnly
          value={props.secret}
          aria-label={props.title}
          onFocus={(event) => event.currentTarget.select()}
        />
      </div>
      <div class="row row-end">
        <button type="button" class="main" onClick={() => void copy()}>
          {texts.copy}
        </button>
      </div>
    </Dialog>
  );
}
