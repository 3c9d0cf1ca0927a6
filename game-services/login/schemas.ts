import type { Schema } from "../../core/model/schema.ts";

const visible = "visible ASCII characters";

const USER_ID: Schema = {
  type: "string",
  description: "Case does not count: Ann and ann are one.",
  minLength: 3,
  maxLength: 32,
  pattern: "^[A-Za-z0-9][A-Za-z0-9_.-]*$",
  "x-flotilla-form": "letters, digits, _ . or -, beginning with a letter or a digit",
};
const NEW_PASSWORD: Schema = { type: "string", minLength: 8, maxLength: 128 };
const PASSWORD: Schema = { type: "string", minLength: 1, maxLength: 128 };
const NICKNAME: Schema = {
  type: "string",
  minLength: 1,
  maxLength: 32,
  pattern: "^(?!\\s)[^\\p{Cc}\\p{Cs}]+(?<!\\s)$",
  "x-flotilla-form": "text without control characters and without space at its ends",
};
const EMAIL: Schema = {
  type: "string",
  minLength: 3,
  maxLength: 254,
  pattern: "^[!-?A-~]+@[!-?A-~]+\\.[!-?A-~]+$",
  "x-flotilla-form": "an address such as ann@example.org",
};
const DEVICE_ID: Schema = {
  type: "string",
  description: "A random secret that the device made and keeps: whoever knows it is the player.",
  minLength: 16,
  maxLength: 128,
  pattern: "^[!-~]+$",
  "x-flotilla-form": visible,
};
const REFRESH_TOKEN: Schema = {
  type: "string",
  minLength: 1,
  maxLength: 200,
  pattern: "^[!-~]+$",
  "x-flotilla-form": visible,
};

export const SIGN_UP: Schema = {
  type: "object",
  required: ["user_id", "user_pw", "nickname", "email"],
  properties: { user_id: USER_ID, user_pw: NEW_PASSWORD, nickname: NICKNAME, email: EMAIL },
};
/** A client may send the whole form: what a login does not need is checked and left alone. */
export const LOG_IN: Schema = {
  type: "object",
  required: ["user_id", "user_pw"],
  properties: { user_id: USER_ID, user_pw: PASSWORD, nickname: NICKNAME, email: EMAIL },
};
export const DEVICE: Schema = {
  type: "object",
  required: ["device_id"],
  properties: { device_id: DEVICE_ID, nickname: NICKNAME },
};
export const REFRESH: Schema = {
  type: "object",
  required: ["refresh_token"],
  properties: { refresh_token: REFRESH_TOKEN },
};
export const CHANGE_PASSWORD: Schema = {
  type: "object",
  required: ["new_pw"],
  properties: {
    user_pw: { ...PASSWORD, description: "The present one; left out where there is none." },
    new_pw: NEW_PASSWORD,
  },
};
export const ONLINE_MAX = 100;
export const ONLINE_QUERY: Schema = {
  type: "object",
  properties: {
    limit: { type: "integer", minimum: 1, maximum: ONLINE_MAX, default: ONLINE_MAX },
    continue: { type: "string", minLength: 1, maxLength: 2_000 },
  },
};

export const USER: Schema = {
  type: "object",
  required: ["user_id", "nickname"],
  properties: { user_id: USER_ID, nickname: NICKNAME, email: EMAIL },
};
export const TOKENS: Schema = {
  type: "object",
  required: ["access_token", "refresh_token", "token_type", "expires_in"],
  properties: {
    access_token: { type: "string" },
    refresh_token: { type: "string" },
    token_type: { type: "string", enum: ["Bearer"] },
    expires_in: { type: "integer", description: "Seconds." },
  },
};
export const ENDED: Schema = {
  type: "object",
  required: ["sessions"],
  properties: { sessions: { type: "integer", description: "How many were ended." } },
};
export const ONLINE: Schema = {
  type: "object",
  required: ["online"],
  properties: {
    online: {
      type: "array",
      description: "One entry for each session, newest first.",
      maxItems: ONLINE_MAX,
      items: {
        type: "object",
        required: ["user_id", "nickname", "last_seen", "address"],
        properties: {
          user_id: { type: "string" },
          nickname: { type: "string" },
          last_seen: { type: "string", format: "date-time" },
          address: { type: "string" },
        },
      },
    },
    continue: { type: "string", description: "Absent on the last page." },
  },
};
export const EMPTY: Schema = { type: "object", properties: {} };
