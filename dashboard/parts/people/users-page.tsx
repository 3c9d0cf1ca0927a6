import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { PageOf, UserView } from "../../net/wire.ts";
import { agoText, dateText } from "../../view/format.ts";
import { ActionBar } from "../actions/action-bar.tsx";
import { useDashboard, useStore, useTexts } from "../shell/dashboard.ts";
import { Choice, Field } from "../shell/field.tsx";
import { Empty, Loading, PageHead, Problem, State } from "../shell/states.tsx";
import { useLoaded } from "../shell/use-loaded.ts";
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
  const [failure, setFailure] = useState<unknown>(undefined);
  const make = async (): Promise<void> => {
    try {
      setFailure(undefined);
      const call = { method: "POST", path: "/v1/users", body: { name, role } } as const;
      props.onMade((await api.call<{ welcome: string }>(call)).welcome);
      setName("");
      props.again();
    } catch (error) {
      setFailure(error);
    }
  };
  return (
    <form
      class="panel inline-form"
      aria-label={texts.newUser}
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      <Field label={texts.userName} name="name" value={name} onValue={setName} required />
      <Choice
        label={texts.role}
        value={role}
        onValue={setRole}
        options={[
          ["viewer", texts.roleViewer],
          ["operator", texts.roleOperator],
          ["admin", texts.roleAdmin],
        ]}
      />
      <button type="submit" class="main">
        {texts.invite}
      </button>
      {failure !== undefined && <Problem failure={failure} />}
    </form>
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
  const roles = { viewer: texts.viewer, operator: texts.operator, admin: texts.admin };
  return (
    <div class="panel scroll-x">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">{texts.name}</th>
            <th scope="col">{texts.role}</th>
            <th scope="col">{texts.state}</th>
            <th scope="col">{texts.lastSeen}</th>
            <th scope="col">{texts.made}</th>
            <th scope="col">{texts.actions}</th>
          </tr>
        </thead>
        <tbody>
          {props.users.map((user) => (
            <tr key={user.name}>
              <th scope="row">{user.name}</th>
              <td>{roles[user.role] ?? user.role}</td>
              <td>
                <State state={user.disabled ? "Stopped" : user.hasPassword ? "Ready" : "Pending"} />
              </td>
              <td>
                {user.lastSeenAt
                  ? texts.ago(agoText(Date.parse(user.lastSeenAt), now))
                  : texts.never}
              </td>
              <td class="when">{dateText(Date.parse(user.createdAt))}</td>
              <td>
                <div class="row row-whole">
                  <ActionBar actions={userActions(dashboard, user, props.again, props.onLink)} />
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
