import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Kind, Resource } from "../../../core/model/resource.ts";
import { useDashboard, useTexts } from "../shell/dashboard.ts";
import type { Touching } from "./use-touched.ts";
import { YamlEditor } from "./yaml-editor.tsx";

/** Opens the object as text. */
export function EditButton(props: {
  readonly kind: Kind;
  readonly object: Resource;
  readonly touching?: Touching;
  readonly label?: string;
}): JSX.Element {
  const { kind, object, touching, label } = props;
  const dashboard = useDashboard();
  const texts = useTexts();
  const [opened, open] = useState<Resource | undefined>(undefined);
  const mayAct = dashboard.session.isAtLeast("operator");
  return (
    <>
      <button
        type="button"
        disabled={!mayAct}
        title={mayAct ? undefined : texts.mayOnlyLook}
        onClick={() => open(object)}
      >
        {label ?? texts.edit}
      </button>
      {opened && (
        <YamlEditor
          kind={kind}
          object={opened}
          touching={touching}
          onClose={() => open(undefined)}
        />
      )}
    </>
  );
}
