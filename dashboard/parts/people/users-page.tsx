import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { PageOf, UserView } from "../../net/wire.ts";
import { agoText, dateText } from "../../view/format.ts";
import { ActionBar } from "../actions/action-bar.tsx";
import { useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import { Choice, Field } from "../shell/field.tsx";
import { Empty, Loading, PageHead, Problem } from "../shell/states.tsx";
import { useLoaded } from "../shell/use-loaded.ts";
import { PlainTable } from "../tables/plain-table.tsx";
import { MakeForm } from "./make-form.tsx";
import { roleOptions, roleText } from "./roles.ts";
import { SecretOnce } from "./secret-once.tsx";
import { userActions } from "./user-actions.ts";

const linkOf = (token: string): string => `${location.origin}/#/welcome/${token}`;

/** Who may sign in, and as what. */
export function UsersPage(): JSX.Element {
  const texts = useTexts();
  const { value, failure, again } = useLoaded<PageOf<UserView>>({ path: "/v1/users" });
  const [link, setLink] = useState<string | undefined>(undefined);
  const show = (token: string): void => setLink(linkOf(token));
  return (
    <>
      <PageHead title={texts.users} />
      {failure !== undefined && <Problem failure={failure} onAgain={again} />}
      {!value && failure === undefined && <Loading />}
      {value && (
        <>
          <NewUser onMade={show} again={again} />
          {value.items.length === 0 && <Empty text={texts.noUsers} />}
          <UserTable users={value.items} again={again} onLink={show} />
        </>
      )}
      {link !== undefined && (
        <SecretOnce
          title={texts.welcomeLink}
          about={texts.welcomeLinkAbout}
          secret={link}
          onClose={() => setLink(undefined)}
        />
      )}
    </>
  );
}

function NewUser(props: {
  readonly onMade: (token: string) => void;
  readonly again: () => void;
}): JSX.Element {
  const { api } = useDashboard();
  const texts = useTexts();
  const [name, setName] = useState("");
  const [role, setRole] = useState("operator");
  const make = async (): Promise<void> => {
    const call = { method: "POST", path: "/v1/users", body: { name, role } } as const;
    props.onMade((await api.call<{ welcome: string }>(call)).welcome);
    setName("");
    props.again();
  };
  return (
    <MakeForm label={texts.newUser} button={texts.invite} make={make}>
      <Field label={texts.userName} name="name" value={name} onValue={setName} required />
      <Choice label={texts.role} value={role} onValue={setRole} options={roleOptions(texts)} />
    </MakeForm>
  );
}

function UserTable(props: {
  readonly users: readonly UserView[];
  readonly again: () => void;
  readonly onLink: (token: string) => void;
}): JSX.Element {
  const dashboard = useDashboard();
  const texts = useTexts();
  const now = useStore(dashboard.now);
  const stateOf = (user: UserView): string =>
    user.disabled ? texts.userDisabled : user.hasPassword ? texts.userActive : texts.userInvited;
  const heads = [texts.name, texts.role, texts.state, texts.lastSeen, texts.made, texts.actions];
  return (
    <div class="panel">
      <PlainTable heads={heads}>
        {props.users.map((user) => (
          <tr key={user.name}>
            <th scope="row">{user.name}</th>
            <td>{roleText(user.role, texts)}</td>
            <td>{stateOf(user)}</td>
            <td>
              {user.lastSeenAt ? texts.ago(agoText(Date.parse(user.lastSeenAt), now)) : texts.never}
            </td>
            <td class="when">{dateText(Date.parse(user.createdAt))}</td>
            <td>
              <div class="row row-whole">
                <ActionBar actions={userActions(dashboard, user, props.again, props.onLink)} />
              </div>
            </td>
          </tr>
        ))}
      </PlainTable>
    </div>
  );
}
