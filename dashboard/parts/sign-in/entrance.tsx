import type { ComponentChildren, JSX } from "preact";
import { useTexts } from "../shell/dashboard.ts";
import { Mark } from "../shell/icons.tsx";
import { Problem } from "../shell/states.tsx";
import { LanguageSwitch, ThemeSwitch } from "../shell/switches.tsx";

interface EntranceProps {
  readonly title: string;
  readonly failure: unknown;
  readonly submit: string;
  readonly isBusy: boolean;
  readonly onSubmit: (event: Event) => void;
  readonly below: string;
  readonly children: ComponentChildren;
}

/** The form in front of the page. */
export function Entrance(props: EntranceProps): JSX.Element {
  const texts = useTexts();
  return (
    <main class="entrance">
      <form class="panel entrance-form" onSubmit={props.onSubmit}>
        <div class="entrance-brand">
          <Mark />
          <div>
            <strong>Flotilla</strong>
            <p class="hint">{texts.tagline}</p>
          </div>
        </div>
        <h1>{props.title}</h1>
        {props.failure !== undefined && <Problem failure={props.failure} />}
        {props.children}
        <button type="submit" class="main wide" disabled={props.isBusy}>
          {props.submit}
        </button>
        <p class="hint">{props.below}</p>
        <div class="row row-center">
          <ThemeSwitch />
          <LanguageSwitch />
        </div>
      </form>
    </main>
  );
}
