import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { randomText } from "../../net/call.ts";
import { Field } from "../shell/field.tsx";
import { useMeet, useTexts } from "../shell/meet.ts";
import { useForm } from "./use-form.ts";

const NOTHING = { user_id: "", user_pw: "", nickname: "", email: "" };

export function SignUpForm(): JSX.Element {
  const { session } = useMeet();
  const texts = useTexts();
  const [body, setBody] = useState(NOTHING);
  // The same form sent twice makes one account; a form that was changed is another one.
  const key = useMemo(() => randomText(), [body]);
  const { isBusy, problem, submit } = useForm(() => session.signUp(trimmed(body), key));
  const field = (name: keyof typeof NOTHING, label: string): Parameters<typeof Field>[0] => ({
    label,
    name,
    value: body[name],
    onValue: (value: string) => setBody({ ...body, [name]: value }),
    problem: problem(name),
    required: true,
  });
  return (
    <form onSubmit={submit}>
      <Field
        {...field("user_id", texts.userId)}
        hint={texts.userIdHint}
        autocomplete="username"
        minLength={3}
        maxLength={32}
        pattern="\s*[A-Za-z0-9][A-Za-z0-9_.\-]*\s*"
      />
      <Field
        {...field("user_pw", texts.password)}
        hint={texts.passwordHint}
        type="password"
        autocomplete="new-password"
        minLength={8}
        maxLength={128}
      />
      <Field
        {...field("nickname", texts.nickname)}
        hint={texts.nicknameHint}
        autocomplete="nickname"
        maxLength={32}
      />
      <Field {...field("email", texts.email)} type="email" autocomplete="email" maxLength={254} />
      <button type="submit" class="second wide" disabled={isBusy}>
        {texts.signUp}
      </button>
    </form>
  );
}

function trimmed(body: typeof NOTHING): typeof NOTHING {
  const { user_id, user_pw, nickname, email } = body;
  return { user_pw, user_id: user_id.trim(), nickname: nickname.trim(), email: email.trim() };
}
