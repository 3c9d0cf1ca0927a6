import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useDashboard, useTexts } from "../shell/dashboard.ts";
import { Dialog } from "../shell/dialog.tsx";
import { Choice, Field } from "../shell/field.tsx";
import { Problem } from "../shell/states.tsx";
import { useSubmit } from "../shell/use-submit.ts";
import { type Touched, type Touching, useTouched } from "./use-touched.ts";

export interface ActionField {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly hint?: string;
  readonly type?: "text" | "number";
  readonly min?: number;
  readonly max?: number;
  readonly isOptional?: boolean;
  /** One of these, each with what it is called. */
  readonly options?: readonly (readonly [value: string, label: string])[];
}
export type Values = Readonly<Record<string, string>>;

/** Something that a person can do to an object, after it was said what that means. */
export interface Action {
  readonly key: string;
  /** What the button says. */
  readonly label: string;
  readonly title: string;
  /** What it will do, in a sentence or two. */
  readonly about: string;
  /** Whose players it touches; absent where no game server is touched. */
  readonly touching?: Touching;
  /** How many of those players it ends the game of; all by default. */
  readonly ends?: "all" | "none";
  readonly isDangerous?: boolean;
  readonly fields?: readonly ActionField[];
  /** Does it; answers what was done, in a sentence. */
  readonly run: (values: Values) => Promise<string>;
}

/** Says what an action does and to how many players, and does it when that is confirmed. */
export function ActionDialog(props: {
  readonly action: Action;
  readonly onClose: () => void;
}): JSX.Element {
  const { action, onClose } = props;
  const dashboard = useDashboard();
  const texts = useTexts();
  const start = Object.fromEntries((action.fields ?? []).map(({ name, value }) => [name, value]));
  const [values, setValues] = useState<Values>(start);
  const counted = useTouched(action.touching);
  const { failure, isBusy, onSubmit } = useSubmit(async () => {
    dashboard.note("good", await action.run(values));
    onClose();
  });
  return (
    <Dialog title={action.title} onClose={onClose}>
      <form onSubmit={onSubmit}>
        <p class="about">{action.about}</p>
        {(action.fields ?? []).map((field) => (
          <OneField
            key={field.name}
            field={field}
            value={values[field.name] ?? ""}
            onValue={(value) => setValues({ ...values, [field.name]: value })}
          />
        ))}
        <TouchedLine {...counted} ends={action.ends ?? "all"} />
        {failure !== undefined && <Problem failure={failure} />}
        <div class="row row-end">
          <button type="button" onClick={onClose}>
            {texts.cancel}
          </button>
          <button
            type="submit"
            class={action.isDangerous ? "main danger" : "main"}
            disabled={isBusy || (counted.touched === undefined && counted.failure === undefined)}
          >
            {action.label}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function OneField(props: {
  readonly field: ActionField;
  readonly value: string;
  readonly onValue: (value: string) => void;
}): JSX.Element {
  const { isOptional, options, ...field } = props.field;
  const { value, onValue } = props;
  if (options) return <Choice {...field} value={value} onValue={onValue} options={options} />;
  return <Field {...field} value={value} onValue={onValue} required={!isOptional} />;
}

function TouchedLine(props: {
  readonly touched?: Touched;
  readonly failure?: unknown;
  readonly ends: "all" | "none";
}): JSX.Element {
  const texts = useTexts();
  const { touched, failure, ends } = props;
  if (failure !== undefined) return <p class="touched touched-bad">{texts.touchedUnknown}</p>;
  if (!touched) return <p class="touched">{texts.counting}</p>;
  const { servers, held, players } = touched;
  if (ends === "none") return <p class="touched">{texts.touchesNobody(players)}</p>;
  return (
    <p class={players > 0 ? "touched touched-bad" : "touched"}>
      <strong>{texts.touchesPlayers(players)}</strong>
      {servers > 0 && ` ${texts.touchesServers(servers, held)}`}
    </p>
  );
}
