import type { JSX } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { useMeet, useTexts } from "../shell/meet.ts";
import { shrunk } from "./shrink-picture.ts";

interface PictureFieldProps {
  readonly file: File | undefined;
  /** The picture that is there already. */
  readonly known: string | undefined;
  readonly onFile: (file: File | undefined) => void;
}

const TYPES = "image/png,image/jpeg,image/webp,image/gif";

/** A picture to upload, shown as it will be seen before it is sent. */
export function PictureField({ file, known, onFile }: PictureFieldProps): JSX.Element {
  const meet = useMeet();
  const texts = useTexts();
  const id = useId();
  const [preview, setPreview] = useState<string>();
  useEffect(() => {
    if (!file) return setPreview(undefined);
    const url = URL.createObjectURL(file);
    setPreview(url);
    return () => URL.revokeObjectURL(url);
  }, [file]);
  const choose = async (chosen: File | undefined): Promise<void> => {
    if (!chosen) return onFile(undefined);
    await shrunk(chosen).then(onFile, () => meet.note("bad", texts.notAPicture));
  };
  const shown = preview ?? known;
  return (
    <div class="field">
      <label for={id}>{texts.picture}</label>
      <div class="picture-field">
        <div class="picture-preview">{shown && <img src={shown} alt={texts.previewLabel} />}</div>
        <div>
          <input
            id={id}
            type="file"
            accept={TYPES}
            onChange={(event) => void choose(event.currentTarget.files?.[0])}
          />
          <p class="below">{texts.pictureHint}</p>
        </div>
      </div>
    </div>
  );
}
