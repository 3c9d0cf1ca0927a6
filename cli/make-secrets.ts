import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { SECRET_MAKERS, SECRET_NAME, type SecretMaker, Secrets } from "../access/secrets.ts";
import { tokenFileOf } from "../access/tokens.ts";
import { FleetError, messageOf } from "../core/std/errors.ts";
import { isObject } from "../core/std/json.ts";
import { filesIn } from "./build-images.ts";

/** `secrets.yaml`, `x.secrets.yaml`: what `flotilla secret make` reads; not a resource. */
export const IS_SECRET_LIST: RegExp = /(^|\.)secrets\.ya?ml$/;

/** One secret as a file asks for it: made once where there is none, or a copy of the platform's own token. */
export interface SecretWish {
  readonly name: string;
  readonly make?: SecretMaker;
  /** Only `allocate`: a container never gets a token that may do everything. */
  readonly from?: "allocate";
}
export interface MadeSecret {
  readonly name: string;
  /** False when it was there already, and as it is to be. */
  readonly made: boolean;
}

/** The secret lists that lie in the folders among `names`. */
export function secretFilesIn(names: readonly string[]): readonly string[] {
  return filesIn(names, IS_SECRET_LIST);
}

/** The wishes of a text: each document is a list. Pure; what is wrong is refused with the file's name. */
export function secretWishesOf(from: string, text: string): readonly SecretWish[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors;
    if (error) throw new FleetError("INVALID", `${from}: ${error.message.split("\n")[0]}`);
    const rows: unknown = document.toJS();
    if (!Array.isArray(rows))
      throw new FleetError(
        "INVALID",
        `${from}: must be a list of secrets, such as - { name: login.token, make: token }`,
      );
    return rows.map((row, i) => wishOf(`${from}, item ${i + 1}`, row));
  });
}

function wishOf(from: string, row: unknown): SecretWish {
  const { name, make, from: source, ...more } = isObject(row) ? row : {};
  const refuse = (why: string): never => {
    throw new FleetError("INVALID", `${from}: ${why}`);
  };
  const [unknown] = Object.keys(more);
  if (unknown !== undefined) refuse(`${unknown} is unknown: a secret has name, and make or from`);
  if (typeof name !== "string" || !SECRET_NAME.test(name))
    return refuse("name must be letters, digits, -, _ and .");
  if ((make === undefined) === (source === undefined)) refuse("must have one of make and from");
  if (source !== undefined)
    return source === "allocate"
      ? { name, from: source }
      : refuse("from can only be allocate: the token that may ask for game servers and rooms");
  const maker = SECRET_MAKERS.find((one) => one === make);
  return maker ? { name, make: maker } : refuse(`make must be ${SECRET_MAKERS.join(" or ")}`);
}

/** What files ask for. */
export function readSecretWishes(files: readonly string[]): readonly SecretWish[] {
  return files.flatMap((file) => secretWishesOf(file, readList(file)));
}

/** Brings the secrets of a state folder to what is asked for. Safe to repeat: what was made stays as it is. */
export async function* makeSecrets(
  state: string,
  namespace: string,
  wishes: readonly SecretWish[],
): AsyncGenerator<MadeSecret> {
  const secrets = new Secrets(state);
  for (const { name, make, from } of wishes) {
    const secret = { namespace, name };
    if (make) yield { name, made: await secrets.make(secret, make) };
    else if (from) yield { name, made: await secrets.set(secret, await tokenOf(state, from)) };
  }
}

async function tokenOf(state: string, scope: "allocate"): Promise<Buffer> {
  const file = join(state, tokenFileOf(scope));
  return await readFile(file).catch((error: unknown) => {
    const next = { next: "start it once: `flotilla up` makes the tokens" };
    throw new FleetError("FAILED_PRECONDITION", `cannot read ${file}: ${messageOf(error)}`, next);
  });
}

function readList(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new FleetError("INVALID", `cannot read ${file}: ${messageOf(error)}`);
  }
}
