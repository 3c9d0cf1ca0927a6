import { DNS_LABEL } from "../core/model/names.ts";
import { FleetError } from "../core/std/errors.ts";
import { ACCOUNT_BOUNDS, type AccountState, type ApiToken } from "./account-state.ts";

const NAMESPACES_MAX = 50;
const NAME_CHARS_MAX = 100;
/** Nothing that moves a cursor, ends a line, hides, or divides what a name is a part of. */
const NAME = /^[\p{L}\p{N}]([\p{L}\p{N}._@: -]*[\p{L}\p{N}])?$/u;

export function addToken(state: AccountState, token: ApiToken): AccountState {
  const { name, namespaces } = token;
  if (name.length > NAME_CHARS_MAX || !NAME.test(name))
    throw new FleetError(
      "INVALID",
      `a token's name has 1 to ${NAME_CHARS_MAX} letters, digits, spaces, '.', '_', '@', ':' and '-'`,
    );
  if (namespaces) assertNamespaces(namespaces);
  if (state.tokens.length >= ACCOUNT_BOUNDS.tokensMax)
    throw new FleetError("EXHAUSTED", `there are ${ACCOUNT_BOUNDS.tokensMax} tokens already`);
  return { ...state, tokens: [...state.tokens, token] };
}

export function knownToken({ tokens }: AccountState, id: string): ApiToken {
  const token = tokens.find((one) => one.id === id);
  if (token) return token;
  throw new FleetError("NOT_FOUND", `there is no token ${JSON.stringify(id)}`);
}

export function removeToken(state: AccountState, id: string): AccountState {
  knownToken(state, id);
  return { ...state, tokens: state.tokens.filter((one) => one.id !== id) };
}

function assertNamespaces(namespaces: readonly string[]): void {
  if (namespaces.length === 0 || namespaces.length > NAMESPACES_MAX)
    throw new FleetError("INVALID", `a token is for 1 to ${NAMESPACES_MAX} namespaces, or for all`);
  const wrong = namespaces.find((one) => !new RegExp(DNS_LABEL).test(one));
  if (wrong !== undefined)
    throw new FleetError("INVALID", `${JSON.stringify(wrong)} is no namespace`);
}
