import type { UserView } from "../../net/wire.ts";
import type { Action } from "../actions/action-dialog.tsx";
import type { Dashboard } from "../shell/dashboard.ts";
import { roleOptions } from "./roles.ts";

/** What an admin can do about a user. */
export function userActions(
  dashboard: Dashboard,
  user: UserView,
  again: () => void,
  onLink: (token: string) => void,
): readonly Action[] {
  const { api, texts } = dashboard;
  const path = `/v1/users/${encodeURIComponent(user.name)}`;
  const change = async (body: object): Promise<string> => {
    await api.call({ method: "PATCH", path, body });
    again();
    return texts.saved(user.name);
  };
  const role: Action = {
    ...{ key: "role", label: texts.role, title: texts.roleOf(user.name), about: texts.roleAbout },
    fields: [
      {
        ...{ name: "role", label: texts.role, value: user.role },
        options: roleOptions(texts),
      },
    ],
    run: ({ role: wanted = "" }) => change({ role: wanted.trim() }),
  };
  const link: Action = {
    ...{ key: "link", label: texts.newLink, title: texts.newLinkFor(user.name) },
    about: texts.newLinkAbout,
    run: async () => {
      const answer = await api.call<{ welcome: string }>({
        method: "POST",
        path: `${path}/welcome`,
      });
      onLink(answer.welcome);
      return texts.saved(user.name);
    },
  };
  const disable: Action = {
    key: "disable",
    label: user.disabled ? texts.enable : texts.disable,
    title: user.disabled ? texts.enableTitle(user.name) : texts.disableTitle(user.name),
    about: user.disabled ? texts.enableAbout : texts.disableAbout,
    run: () => change({ disabled: !user.disabled }),
  };
  const remove: Action = {
    ...{ key: "remove", label: texts.remove, title: texts.deleteTitle(user.name) },
    about: texts.deleteUserAbout,
    isDangerous: true,
    run: async () => {
      await api.call({ method: "DELETE", path });
      again();
      return texts.deleted(user.name);
    },
  };
  return [role, link, disable, remove];
}
