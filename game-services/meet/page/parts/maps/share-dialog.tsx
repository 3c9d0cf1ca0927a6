import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { MapSummary } from "../../net/wire.ts";
import { hashFor } from "../../view/route.ts";
import { Dialog } from "../shell/dialog.tsx";
import { useMeet, useStore, useTexts } from "../shell/meet.ts";
import { Members } from "./members.tsx";

interface ShareDialogProps {
  readonly map: MapSummary;
  /** The key by which the player came in itself. */
  readonly known?: string | undefined;
  /** The map was published, or has another key. */
  readonly onChange?: () => void;
  readonly onClose: () => void;
}

/** Keys are told once: the browser that asked for one keeps it. */
const KEY_OF = "flotilla.meet.link.";

/** A link to a map; for maps that want a key, with one in it, behind the `#` where no server sees it. */
export function ShareDialog({
  map: first,
  known,
  onChange,
  onClose,
}: ShareDialogProps): JSX.Element {
  const meet = useMeet();
  const texts = useTexts();
  const kept = useStore(meet.session.kept);
  const [map, setMap] = useState(first);
  const [key, setKey] = useState(known ?? localStorage.getItem(KEY_OF + map.map_id) ?? undefined);
  const [isBusy, setBusy] = useState(false);
  const isMine = map.creator === kept?.user_id.toLowerCase();
  const wantsKey = map.access === "link";
  const run = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    await work().then(onChange, (error: unknown) => meet.tell(error));
    setBusy(false);
  };
  const newLink = async (): Promise<void> => {
    const link = await meet.services.newLink(map.map_id);
    localStorage.setItem(KEY_OF + map.map_id, link);
    setKey(link);
  };
  const publish = async (): Promise<void> =>
    setMap(await meet.services.publishMap(map.map_id, true));
  const route = { page: "play", map: map.map_id } as const;
  const hash = hashFor(wantsKey && key !== undefined ? { ...route, link: key } : route);
  const hints = {
    public: texts.sharePublicHint,
    link: key === undefined && map.has_link ? texts.shareLostHint : texts.shareHint,
    members: texts.shareMembersHint,
  };
  return (
    <Dialog title={texts.shareTitle} onClose={onClose}>
      {!map.published && isMine && (
        <div class="alert row" role="status">
          <span class="grow">{texts.shareDraftHint}</span>
          <button type="button" disabled={isBusy} onClick={() => void run(publish)}>
            {texts.publish}
          </button>
        </div>
      )}
      <p class="hint">{hints[map.access]}</p>
      {(!wantsKey || key !== undefined) && (
        <LinkField url={location.origin + location.pathname + hash} />
      )}
      {wantsKey && isMine && (
        <button type="button" class="wide" disabled={isBusy} onClick={() => void run(newLink)}>
          {texts.newLink}
        </button>
      )}
      {isMine && <Members map={map} onMap={setMap} />}
    </Dialog>
  );
}

function LinkField({ url }: { readonly url: string }): JSX.Element {
  const meet = useMeet();
  const texts = useTexts();
  const copied = (): void => meet.note("good", texts.copied);
  return (
    <div class="field">
      <label for="share-link">{texts.shareLink}</label>
      <div class="row row-whole">
        <input
          id="share-link"
          class="grow"
          readOnly
          value={url}
          onFocus={(event) => event.currentTarget.select()}
        />
        <button type="button" class="main" onClick={() => void copy(url).then(copied)}>
          {texts.copy}
        </button>
      </div>
    </div>
  );
}

/** Where the clipboard may not be used, the text is selected, so that it can be copied by hand. */
async function copy(text: string): Promise<void> {
  const clipboard: Clipboard | undefined = navigator.clipboard;
  await clipboard?.writeText(text).catch(() => undefined);
  document.querySelector<HTMLInputElement>("#share-link")?.select();
}
