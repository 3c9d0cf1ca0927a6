import type { JSX } from "preact";
import { useId } from "preact/hooks";

interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly hint?: string | undefined;
  /** What is wrong with it. */
  readonly problem?: string | undefined;
  readonly type?: "text" | "password" | "number" | "search" | "datetime-local";
  readonly autocomplete?: string;
  readonly required?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** A labelled input with its hint, or with what is wrong with it. */
export function Field(props: FieldProps): JSX.Element {
  const { label, hint, problem, onValue, autocomplete, ...rest } = props;
  // The types of inputs tell apart those with a list, which none of these has.
  const input = rest as JSX.IntrinsicElements["input"];
  const id = useId();
  const below = problem ?? hint;
  return (
    <div class={problem === undefined ? "field" : "field field-wrong"}>
      <label for={id}>{label}</label>
      <input
        {...input}
        id={id}
        autoComplete={autocomplete ?? "off"}
        spellcheck={false}
        aria-invalid={problem !== undefined}
        aria-describedby={below === undefined ? undefined : `${id}-below`}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
      {below !== undefined && (
        <p class="below" id={`${id}-below`}>
          {below}
        </p>
      )}
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly name?: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly options: readonly (readonly [value: string, label: string])[];
}

export function Choice({ label, name, value, onValue, options }: ChoiceProps): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        name={name}
        value={value}
        onChange={(event) => onValue(event.currentTarget.value)}
      >
        {options.map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
