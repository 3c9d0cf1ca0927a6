import { ACCOUNT_BOUNDS, TOKEN_ROLES } from "../access/account-state.ts";
import { PASSWORD_CHARS } from "../access/passwords.ts";
import { ROLES } from "../access/tokens.ts";
import type { Schema } from "../core/model/schema.ts";
import { flag, integer, list, object, oneOf, text, time } from "../core/model/schemas/build.ts";

const USER = text("A user's name.");
const ROLE = oneOf("What it may do.", [...ROLES]);
const PASSWORD: Schema = {
  ...text(`${PASSWORD_CHARS.min} to ${PASSWORD_CHARS.max} characters.`),
  maxLength: 1_000,
};
const NAMED = { ...USER, maxLength: 253 };

export const LOGIN: Schema = object(
  "Who logs in.",
  { user: NAMED, password: PASSWORD },
  { required: ["user", "password"] },
);
export const SESSION: Schema = object("A session; its secret is in the cookie only.", {
  user: USER,
  role: ROLE,
  csrf: text("Goes into the header `x-flotilla-csrf` of every change with the cookie."),
  expiresAt: time("When it ends unless it is used before."),
});
export const WELCOME: Schema = object(
  "Uses a one-time link up.",
  {
    token: { ...text("What the link ends with."), maxLength: 200 },
    user: { ...NAMED, description: "The name of the first admin; nobody else chooses one." },
    password: PASSWORD,
  },
  { required: ["token", "password"] },
);
export const NEW_PASSWORD: Schema = object(
  "A new password; other sessions of the user end.",
  { old: PASSWORD, new: PASSWORD },
  { required: ["old", "new"] },
);
export const USER_ROW: Schema = object("A user.", {
  name: USER,
  role: ROLE,
  disabled: flag("True: logs in no more."),
  createdAt: time("When it was made."),
  lastSeenAt: time("When a session of it was used last, to a minute."),
  hasPassword: flag("False until its link was used."),
});
export const USERS: Schema = object("All users.", {
  items: list("By name.", USER_ROW, ACCOUNT_BOUNDS.usersMax),
});
export const NEW_USER: Schema = object(
  "A user to be made.",
  { name: NAMED, role: ROLE },
  { required: ["name", "role"] },
);
export const LINK: Schema = object("A one-time link: URL of the dashboard, `#/welcome/`, this.", {
  user: USER_ROW,
  welcome: text("The link's token; shown here only."),
  expiresAt: time("When it is void."),
});
export const CHANGE_USER: Schema = object("What is to be another.", {
  role: ROLE,
  disabled: flag("True ends its sessions at once."),
});
export const CHANGED_USER: Schema = object("The user as it is now.", {
  user: USER_ROW,
  tokens: integer("API tokens of its making that are still good: they are not the user's.", 0),
});
const TOKEN_FIELDS = {
  id: text("What it is revoked by."),
  name: text("What it is for."),
  role: oneOf("What it may do.", [...TOKEN_ROLES]),
  namespaces: list("Only these; absent: all.", text("A namespace."), 50),
  createdBy: text("Who made it."),
  createdAt: time("When it was made."),
  expiresAt: time("When it is void."),
  lastUsedAt: time("When it was used last, to a minute."),
};
export const TOKENS: Schema = object("All API tokens; none is shown.", {
  items: list("The newest last.", object("A token.", TOKEN_FIELDS), ACCOUNT_BOUNDS.tokensMax),
});
export const NEW_TOKEN: Schema = object(
  "A token to be made.",
  {
    name: { ...text("What it is for."), maxLength: 100 },
    role: oneOf("What it may do.", [...TOKEN_ROLES]),
    namespaces: list("Only these; absent: all.", text("A namespace."), 50),
    days: { ...integer("Days that it is good for.", 1), maximum: ACCOUNT_BOUNDS.tokenDaysMax },
  },
  { required: ["name", "role", "days"] },
);
export const TOKEN_MADE: Schema = object("The new token.", {
  ...TOKEN_FIELDS,
  token: text("The token itself; shown here only."),
});
export const GONE: Schema = object("Nothing more.", {});
export const AUDIT_PAGE: Schema = object("Records, the newest first.", {
  items: list(
    "Who did what.",
    object("A record.", {
      seq: integer("Its number in the chain.", 1),
      atMs: integer("Milliseconds since 1970.", 0),
      who: text("Who."),
      kind: text("How it showed who it is."),
      from: text("The address that it came from."),
      action: text("What."),
      target: text("To what."),
      before: { type: "object", description: "What stood there, by path." },
      after: { type: "object", description: "What stands there now, by path." },
      outcome: text("`ok`, or the code of the failure."),
      message: text("Why it failed."),
      count: integer("How often in that second, of what is counted.", 1),
    }),
    500,
  ),
  next: integer("The `before` of the next page.", 1),
});
