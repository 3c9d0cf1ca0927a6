import { useState } from "preact/hooks";
import { Failure } from "../../net/failure.ts";
import { failureText } from "../../texts/failure-text.ts";
import type { PlainText } from "../../texts/texts.ts";
import { useMeet, useTexts } from "../shell/meet.ts";

/** Under which field a failure is told. */
const FIELD_OF: Partial<Record<PlainText, string>> = {
  wrongPassword: "user_pw",
  locked: "user_pw",
  noUser: "user_id",
  userTaken: "user_id",
  emailTaken: "email",
};

export interface Form {
  readonly isBusy: boolean;
  /** What is wrong with a field, in the player's words. */
  readonly problem: (name: string) => string | undefined;
  readonly submit: (event: Event) => void;
}

/** Sends a form once at a time, and tells what is wrong beside the field that it is wrong with. */
export function useForm(send: () => Promise<unknown>): Form {
  const meet = useMeet();
  const texts = useTexts();
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const run = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    await send().catch((failure: unknown) => {
      setError(failure);
      if (FIELD_OF[failureText(failure)] === undefined) meet.tell(failure);
    });
    setBusy(false);
  };
  const problem = (name: string): string | undefined => {
    if (error === undefined) return undefined;
    const text = failureText(error);
    if (FIELD_OF[text] === name) return texts[text];
    return error instanceof Failure && error.fields.includes(name) ? texts.badField : undefined;
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!isBusy) void run();
  };
  return { isBusy, problem, submit };
}
