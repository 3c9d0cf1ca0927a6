import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Failure } from "../../net/failure.ts";
import { useDashboard, useTexts } from "../shell/dashboard.ts";
import { Field } from "../shell/field.tsx";
import { useSubmit } from "../shell/use-submit.ts";
import { Entrance } from "./entrance.tsx";

export function SignInPage(): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const { failure, isBusy, onSubmit } = useSubmit(() => dashboard.session.signIn(user, password));
  const isWrong = failure instanceof Failure && failure.status === 401;
  return (
    <Entrance
      title={texts.signIn}
      failure={isWrong ? undefined : failure}
      submit={texts.signIn}
      isBusy={isBusy}
      onSubmit={onSubmit}
      below={texts.signInHelp}
    >
      <Field
        label={texts.userName}
        name="user"
        autocomplete="username"
        value={user}
        onValue={setUser}
        required
      />
      <Field
        label={texts.password}
        name="password"
        type="password"
        autocomplete="current-password"
        value={password}
        onValue={setPassword}
        problem={isWrong ? texts.wrongPassword : undefined}
        required
      />
    </Entrance>
  );
}
