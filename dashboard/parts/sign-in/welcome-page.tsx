import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Failure } from "../../net/failure.ts";
import { useDashboard, useTexts } from "../shell/dashboard.ts";
import { Field } from "../shell/field.tsx";
import { useSubmit } from "../shell/use-submit.ts";
import { Entrance } from "./entrance.tsx";

/** What a one-time link opens: the first admin chooses a name, who was invited has one; both set a password. */
export function WelcomePage({ token }: { readonly token: string }): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const { failure, isBusy, onSubmit } = useSubmit(async () => {
    await dashboard.session.welcome(token, user.trim(), password);
    dashboard.note("good", texts.welcomeDone);
    dashboard.go("overview");
  });
  const isPassed = failure instanceof Failure && [401, 404, 410].includes(failure.status);
  return (
    <Entrance
      title={texts.welcome}
      failure={isPassed ? undefined : failure}
      submit={texts.setPassword}
      isBusy={isBusy}
      onSubmit={onSubmit}
      below={texts.welcomeHelp}
    >
      {isPassed && (
        <p class="problem" role="alert">
          {texts.linkPassed}
        </p>
      )}
      <Field
        label={texts.userName}
        name="user"
        hint={texts.welcomeUserHint}
        autocomplete="username"
        value={user}
        onValue={setUser}
      />
      <Field
        label={texts.newPassword}
        name="password"
        type="password"
        hint={texts.passwordHint}
        autocomplete="new-password"
        value={password}
        onValue={setPassword}
        required
      />
    </Entrance>
  );
}
