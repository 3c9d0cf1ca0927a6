import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads a service's environment; every mistake is one sentence that names the variable. */
export class SettingsReader {
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  text(name: string, fallback: string): string {
    return this.#env[name] || fallback;
  }

  /** An http or https URL. */
  url(name: string, fallback: string): string {
    const text = this.text(name, fallback);
    if (/^https?:$/.test(URL.parse(text)?.protocol ?? "")) return text;
    throw new Error(`${name} is an http or https URL, found "${text}"`);
  }

  /** What may hold a password: the text, or the first line of the file that `NAME_FILE` names; environments are seen by many. */
  secret(name: string, fallback: string): string {
    const file = this.#env[`${name}_FILE`];
    if (!file) return this.text(name, fallback);
    if (this.#env[name]) throw new Error(`${name} and ${name}_FILE are both set: leave one out`);
    const [line = ""] = readFileSync(file, "utf8").split("\n");
    if (line.trim() !== "") return line.trim();
    throw new Error(`${name}_FILE names ${file}, whose first line is empty`);
  }

  /** A whole number from `min` to `max`. */
  number(name: string, fallback: number, min: number, max: number): number {
    const text = this.#env[name];
    if (text === undefined || text === "") return fallback;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new Error(`${name} is a whole number from ${min} to ${max}, found "${text}"`);
  }

  oneOf<T extends string>(name: string, fallback: T, words: readonly T[]): T {
    const text = this.#env[name];
    if (text === undefined || text === "") return fallback;
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    throw new Error(`${name} is ${words.join(" or ")}, found "${text}"`);
  }

  /** Where the platform keeps what it knows, so that one folder is all there is to back up. */
  stateFolder(uid: number | undefined): string {
    const data = this.text("XDG_DATA_HOME", join(homedir(), ".local", "share"));
    return this.text("FLOTILLA_STATE", uid === 0 ? "/var/lib/flotilla" : join(data, "flotilla"));
  }
}
