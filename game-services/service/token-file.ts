import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const TOKEN_BYTES = 32;
const TOKEN_CHARS_MIN = 32;

/** The operator's token of a service: a file that only its owner can read, made when it is not there. */
export function readTokenFile(path: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    const token = randomBytes(TOKEN_BYTES).toString("base64url");
    writeFileSync(path, `${token}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const token = readFileSync(path, "utf8").trim();
  if (token.length < TOKEN_CHARS_MIN)
    throw new Error(`${path} must hold a token of at least ${TOKEN_CHARS_MIN} characters`);
  return token;
}
