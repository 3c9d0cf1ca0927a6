import type { ComponentChildren, JSX } from "preact";
import { Problem } from "../shell/states.tsx";
import { useSubmit } from "../shell/use-submit.ts";

/** One line of fields above a list, and the button that makes one more of it. */
export function MakeForm(props: {
  readonly label: string;
  readonly button: string;
  readonly make: () => Promise<void>;
  readonly children: ComponentChildren;
}): JSX.Element {
  const { failure, isBusy, onSubmit } = useSubmit(props.make);
  return (
    <form class="panel inline-form" aria-label={props.label} onSubmit={onSubmit}>
      {props.children}
      <button type="submit" class="main" disabled={isBusy}>
        {props.button}
      </button>
      {failure !== undefined && <Problem failure={failure} />}
    </form>
  );
}
