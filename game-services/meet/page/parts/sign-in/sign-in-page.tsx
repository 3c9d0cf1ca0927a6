import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { failureText } from "../../texts/failure-text.ts";
import { LanguageSwitch } from "../shell/language-switch.tsx";
import { useMeet, useStore, useTexts } from "../shell/meet.ts";
import { Backdrop } from "./backdrop.tsx";
import { LogInForm } from "./log-in-form.tsx";
import { SignUpForm } from "./sign-up-form.tsx";

/** The way in: by password, with a new account, or at once. */
export function SignInPage(): JSX.Element {
  const meet = useMeet();
  const texts = useTexts();
  const ended = useStore(meet.session.ended);
  const [isNew, setNew] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const atOnce = async (): Promise<void> => {
    setBusy(true);
    await meet.session.playAtOnce(undefined).catch((error: unknown) => meet.tell(error));
    setBusy(false);
  };
  return (
    <main class="way-in">
      <Backdrop />
      <div class="way-in-language">
        <LanguageSwitch />
      </div>
      <div class="way-in-card">
        <h1>{texts.title}</h1>
        <p class="tagline">{texts.tagline}</p>
        {ended && (
          <p class="alert" role="alert">
            {texts[failureText(ended)]}
          </p>
        )}
        <button type="button" class="main wide" disabled={isBusy} onClick={() => void atOnce()}>
          {texts.atOnce}
        </button>
        <p class="hint">{texts.atOnceHint}</p>
        <p class="or">
          <span>{texts.or}</span>
        </p>
        {isNew ? <SignUpForm /> : <LogInForm />}
        <button type="button" class="link wide" onClick={() => setNew(!isNew)}>
          {isNew ? texts.toLogIn : texts.toSignUp}
        </button>
      </div>
    </main>
  );
}
