import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Field } from "../shell/field.tsx";
import { useMeet, useTexts } from "../shell/meet.ts";
import { useForm } from "./use-form.ts";

export function LogInForm(): JSX.Element {
  const { session } = useMeet();
  const texts = useTexts();
  const [id, setId] = useState("");
  const [password, setPassword] = useState("");
  const { isBusy, problem, submit } = useForm(() => session.logIn(id.trim(), password));
  return (
    <form onSubmit={submit}>
      <Field
        label={texts.userId}
        name="user_id"
        autocomplete="username"
        value={id}
        onValue={setId}
        problem={problem("user_id")}
        required
      />
      <Field
        label={texts.password}
        name="user_pw"
        type="password"
        autocomplete="current-password"
        value={password}
        onValue={setPassword}
        problem={problem("user_pw")}
        required
      />
      <button type="submit" class="second wide" disabled={isBusy}>
        {texts.logIn}
      </button>
    </form>
  );
}
