import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { randomText } from "../../net/call.ts";
import { pictureUrl } from "../../net/known-assets.ts";
import type { Asset } from "../../net/wire.ts";
import { Dialog } from "../shell/dialog.tsx";
import { Choice, Field } from "../shell/field.tsx";
import { useMeet, useTexts } from "../shell/meet.ts";
import { useForm } from "../sign-in/use-form.ts";
import { CATEGORIES, categoryText } from "./categories.ts";
import { PictureField } from "./picture-field.tsx";

interface ThingDialogProps {
  /** Absent for a new one. */
  readonly asset: Asset | undefined;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

const PRICE_MAX = 1_000_000;

/** Makes a thing, or changes one: its words, its price and its picture. */
export function ThingDialog({ asset, onDone, onClose }: ThingDialogProps): JSX.Element {
  const { services } = useMeet();
  const texts = useTexts();
  const [name, setName] = useState(asset?.name ?? "");
  const [category, setCategory] = useState<string>(asset?.category_id ?? CATEGORIES[0]);
  const [price, setPrice] = useState(String(asset?.price ?? 0));
  const [picture, setPicture] = useState<File>();
  // What was made stays made when its picture does not come through: the next try goes on from there.
  const made = useRef<Asset | undefined>(asset);
  const key = useRef(randomText());
  const { isBusy, problem, submit } = useForm(async () => {
    const body = { name: name.trim(), category_id: category, price: Number(price) };
    const saved = made.current
      ? await services.changeAsset(made.current.asset_id, body)
      : await services.createAsset(body, key.current);
    made.current = saved;
    if (picture) await services.uploadThumbnail(saved.asset_id, picture, picture.name);
    onDone();
  });
  return (
    <Dialog title={asset ? texts.edit : texts.newThing} onClose={onClose}>
      <form onSubmit={submit}>
        <Field
          label={texts.thingName}
          name="name"
          value={name}
          onValue={setName}
          problem={problem("name")}
          maxLength={64}
          required
        />
        <div class="two">
          <Choice
            label={texts.category}
            value={category}
            onValue={setCategory}
            options={CATEGORIES.map((id) => [id, categoryText(texts, id)] as const)}
          />
          <Field
            label={texts.price}
            name="price"
            type="number"
            value={price}
            onValue={setPrice}
            problem={problem("price")}
            min={0}
            max={PRICE_MAX}
            required
          />
        </div>
        <PictureField file={picture} known={asset && pictureUrl(asset)} onFile={setPicture} />
        <div class="row row-end">
          <button type="button" onClick={onClose}>
            {texts.cancel}
          </button>
          <button type="submit" class="main" disabled={isBusy}>
            {texts.save}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
