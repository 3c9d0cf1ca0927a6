import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Kind } from "../../../core/model/resource.ts";
import { Failure } from "../../net/failure.ts";
import { editable, type TextProblem } from "../../view/yaml-text.ts";
import { useDashboard, useTexts } from "../shell/dashboard.ts";
import { Dialog } from "../shell/dialog.tsx";
import { Problem } from "../shell/states.tsx";
import { type Checked, readForEdit, save, useChecked } from "./edit.ts";
import type { Touching } from "./use-touched.ts";
import { useTouched } from "./use-touched.ts";

interface EditorProps {
  readonly kind: Kind;
  readonly object: {
    readonly metadata: { name: string; namespace: string; resourceVersion: string };
  };
  readonly touching?: Touching | undefined;
  readonly onClose: () => void;
}

/** The whole object as text. What is wrong in it is said beside it while it is typed; nothing is written until it is confirmed. */
export function YamlEditor({ kind, object, touching, onClose }: EditorProps): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const [base, setBase] = useState(object);
  const [text, setText] = useState(() => editable(object));
  const [failure, setFailure] = useState<unknown>(undefined);
  const [isSure, setSure] = useState(false);
  const { name, namespace, resourceVersion } = base.metadata;
  const place = { kind, namespace, name, resourceVersion };
  const checked = useChecked(text, editable(base), place);
  const isConflict = failure instanceof Failure && failure.status === 409;
  const write = async (): Promise<void> => {
    try {
      await save(dashboard.api, text, place);
      dashboard.note("good", texts.saved(name));
      onClose();
    } catch (error) {
      setSure(false);
      setFailure(error);
    }
  };
  /** The version that is there now becomes the one that is changed; the text stays, or is that version's. */
  const rebase = async (isTheirs: boolean): Promise<void> => {
    const now = await readForEdit(dashboard.api, place).catch((error) => setFailure(error));
    if (!now) return;
    setBase(now);
    setFailure(undefined);
    if (isTheirs) setText(editable(now));
  };
  return (
    <Dialog title={texts.editTitle(kind, name)} onClose={onClose} isWide>
      <TextArea text={text} onText={setText} label={texts.yaml} problems={checked.problems} />
      <CheckLine checked={checked} />
      {failure !== undefined && <Problem failure={failure} />}
      {isConflict && (
        <div class="row">
          <button type="button" onClick={() => void rebase(true)}>
            {texts.loadTheirs}
          </button>
          <button type="button" onClick={() => void rebase(false)}>
            {texts.keepMine}
          </button>
        </div>
      )}
      {isSure ? (
        <Sure touching={touching} name={name} onNo={() => setSure(false)} onYes={write} />
      ) : (
        <div class="row row-end">
          <button type="button" onClick={onClose}>
            {texts.cancel}
          </button>
          <button
            type="button"
            class="main"
            disabled={checked.is !== "good"}
            onClick={() => setSure(true)}
          >
            {texts.save}
          </button>
        </div>
      )}
    </Dialog>
  );
}

function Sure(props: {
  readonly touching: Touching | undefined;
  readonly name: string;
  readonly onNo: () => void;
  readonly onYes: () => Promise<void>;
}): JSX.Element {
  const texts = useTexts();
  const [isBusy, setBusy] = useState(false);
  const { touched, failure } = useTouched(props.touching);
  const text = touched ? texts.editTouches(touched.players, touched.servers) : texts.counting;
  return (
    <div class="sure" role="alertdialog" aria-label={texts.sureToSave(props.name)}>
      <p>
        <strong>{texts.sureToSave(props.name)}</strong>{" "}
        {failure === undefined ? text : texts.touchedUnknown}
      </p>
      <div class="row row-end">
        <button type="button" onClick={props.onNo}>
          {texts.backToEdit}
        </button>
        <button
          type="button"
          class="main"
          disabled={isBusy || (!touched && failure === undefined)}
          onClick={() => {
            setBusy(true);
            void props.onYes();
          }}
        >
          {texts.saveNow}
        </button>
      </div>
    </div>
  );
}

function CheckLine({ checked }: { readonly checked: Checked }): JSX.Element {
  const texts = useTexts();
  const { is, problems, failure } = checked;
  return (
    <div class="check-line" role="status" aria-live="polite">
      {is === "checking" && <p class="hint">{texts.checking}</p>}
      {is === "same" && <p class="hint">{texts.unchanged}</p>}
      {is === "good" && <p class="good">{texts.valid}</p>}
      {failure !== undefined && <Problem failure={failure} />}
      {problems.length > 0 && (
        <ul class="text-problems">
          {problems.map(({ line, field, message }) => (
            <li key={`${line} ${field} ${message}`}>
              {line > 0 && <span class="line-number">{texts.line(line)}</span>}
              {field !== "" && <code>{field}</code>} {message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface TextAreaProps {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly label: string;
  readonly problems: readonly TextProblem[];
}

/** Lines with their numbers beside them; those with a problem are marked. */
function TextArea({ text, onText, label, problems }: TextAreaProps): JSX.Element {
  const gutter = useRef<HTMLDivElement>(null);
  const wrong = new Set(problems.map(({ line }) => line));
  const count = text.split("\n").length;
  return (
    <div class="code">
      <div class="gutter" ref={gutter} aria-hidden="true">
        {Array.from({ length: count }, (_, i) => (
          <span key={i} class={wrong.has(i + 1) ? "wrong" : ""}>
            {i + 1}
          </span>
        ))}
      </div>
      <textarea
        value={text}
        aria-label={label}
        aria-invalid={problems.length > 0}
        spellcheck={false}
        wrap="off"
        onInput={(event) => onText(event.currentTarget.value)}
        onScroll={(event) => {
          if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop;
        }}
      />
    </div>
  );
}
