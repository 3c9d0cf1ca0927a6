import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useDashboard, useTexts } from "../shell/dashboard.ts";
import { Choice, Field } from "../shell/field.tsx";
import { MakeForm } from "./make-form.tsx";
import { roleOptions } from "./roles.ts";

/** Makes a token for a program. */
export function NewToken(props: {
  readonly onMade: (token: string) => void;
  readonly again: () => void;
}): JSX.Element {
  const { api } = useDashboard();
  const texts = useTexts();
  const [name, setName] = useState("");
  const [role, setRole] = useState("allocate");
  const [days, setDays] = useState("90");
  const [namespaces, setNamespaces] = useState("");
  const make = async (): Promise<void> => {
    const only = namespaces
      .split(",")
      .map((one) => one.trim())
      .filter(Boolean);
    const where = only.length > 0 ? { namespaces: only } : {};
    const body = { name, role, days: Number(days), ...where };
    const made = await api.call<{ token: string }>({ method: "POST", path: "/v1/tokens", body });
    props.onMade(made.token);
    setName("");
    props.again();
  };
  return (
    <MakeForm label={texts.newToken} button={texts.makeToken} make={make}>
      <Field label={texts.name} name="name" value={name} onValue={setName} required />
      <Choice
        label={texts.role}
        value={role}
        onValue={setRole}
        options={[["allocate", texts.roleAllocate], ...roleOptions(texts)]}
      />
      <Field
        label={texts.namespaces}
        name="namespaces"
        hint={texts.namespacesHint}
        value={namespaces}
        onValue={setNamespaces}
      />
      <Field
        label={texts.days}
        name="days"
        type="number"
        min={1}
        max={3650}
        value={days}
        onValue={setDays}
        required
      />
    </MakeForm>
  );
}
