import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Access } from "../../net/wire.ts";
import { type Draft, resized, SIZE_MAX, SIZE_MIN } from "../../view/edit-map.ts";
import { Choice, Field } from "../shell/field.tsx";
import { useTexts } from "../shell/meet.ts";

interface MapSettingsProps {
  readonly draft: Draft;
  readonly access: Access;
  readonly onAccess: (access: Access) => void;
  readonly onDraft: (draft: Draft) => void;
  readonly onRename: (name: string) => void;
}

/** What a map is called, how large it is and who may enter. */
export function MapSettings(props: MapSettingsProps): JSX.Element {
  const { draft, access, onAccess, onDraft, onRename } = props;
  const texts = useTexts();
  const [width, setWidth] = useState(String(draft.width));
  const [height, setHeight] = useState(String(draft.height));
  const isOther = Number(width) !== draft.width || Number(height) !== draft.height;
  const resize = (event: Event): void => {
    event.preventDefault();
    onDraft(resized(draft, Number(width), Number(height)));
  };
  const bounds = { type: "number", min: SIZE_MIN, max: SIZE_MAX, required: true } as const;
  return (
    <section class="panel">
      <Field
        label={texts.mapName}
        name="name"
        value={draft.name}
        onValue={onRename}
        maxLength={64}
        required
      />
      <form class="two sizes" onSubmit={resize}>
        <Field {...bounds} label={texts.width} name="width" value={width} onValue={setWidth} />
        <Field {...bounds} label={texts.height} name="height" value={height} onValue={setHeight} />
        {isOther && (
          <button type="submit" class="wide">
            {texts.resize}
          </button>
        )}
      </form>
      <Choice
        label={texts.accessLabel}
        value={access}
        onValue={(value) => onAccess(value as Access)}
        options={[
          ["public", texts.accessPublic],
          ["link", texts.accessLink],
          ["members", texts.accessMembers],
        ]}
      />
    </section>
  );
}
