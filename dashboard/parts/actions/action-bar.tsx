import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useDashboard, useTexts } from "../shell/dashboard.ts";
import { type Action, ActionDialog } from "./action-dialog.tsx";

/** The actions of an object as buttons; who may only look is told so. */
export function ActionBar({ actions }: { readonly actions: readonly Action[] }): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const [opened, open] = useState<Action | undefined>(undefined);
  const mayAct = dashboard.session.isAtLeast("operator");
  return (
    <>
      {actions.map((action) => (
        <button
          key={action.key}
          type="button"
          class={action.isDangerous ? "danger-quiet" : ""}
          disabled={!mayAct}
          title={mayAct ? undefined : texts.mayOnlyLook}
          onClick={() => open(action)}
        >
          {action.label}
        </button>
      ))}
      {opened && <ActionDialog action={opened} onClose={() => open(undefined)} />}
    </>
  );
}
