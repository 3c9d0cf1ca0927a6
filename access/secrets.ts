import { generateKeyPairSync, randomBytes } from "node:crypto";
import { link, mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FleetError } from "../core/std/errors.ts";
import { replaceFile, temporaryBeside } from "../runtime/linux/replace-file.ts";

/** `token`: 256 random bits as text. `signing-keys`: a private JWK set with one Ed25519 key. */
export const SECRET_MAKERS = ["token", "signing-keys"] as const;
export type SecretMaker = (typeof SECRET_MAKERS)[number];

export interface SecretName {
  readonly namespace: string;
  readonly name: string;
}
export interface SecretSeen extends SecretName {
  readonly bytes: number;
  readonly changedAt: number;
}

/** As a volume of kind `secret` may name one. */
export const SECRET_NAME: RegExp = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,251}[A-Za-z0-9])?$/;
/** What a container can be shown. */
export const SECRET_BYTES_MAX: number = 1024 * 1024;
const TOKEN_BYTES = 32;

/**
 * The secrets of a machine: `secrets/NAMESPACE/NAME` in its state folder, for root's eyes only. A container gets a copy in
 * memory when it starts.
 */
export class Secrets {
  readonly #folder: string;

  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, "secrets");
  }

  pathOf({ namespace, name }: SecretName): string {
    if (!SECRET_NAME.test(name))
      throw new FleetError(
        "INVALID",
        `a secret's name has letters, digits, -, _ and ., not ${JSON.stringify(name)}`,
      );
    return join(this.#folder, namespace, name);
  }

  /** Makes a secret where there is none: one that is there stays. True when it was made. */
  async make(secret: SecretName, maker: SecretMaker): Promise<boolean> {
    const path = await this.#placeFor(secret);
    if (await isThere(path)) return false;
    const draft = temporaryBeside(path);
    try {
      await using file = await open(draft, "wx", 0o600);
      await file.writeFile(madeBy(maker));
      await file.sync();
      // Whole or not at all, and never in the place of one that another process made meanwhile.
      await link(draft, path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** Gives a secret this content. True when it was another, or none. */
  async set(secret: SecretName, content: Uint8Array): Promise<boolean> {
    if (content.length === 0 || content.length > SECRET_BYTES_MAX)
      throw new FleetError(
        "INVALID",
        `secret ${secret.name} has ${content.length} bytes: 1 to ${SECRET_BYTES_MAX} are possible`,
      );
    const path = await this.#placeFor(secret);
    const before = await readFile(path).catch(() => undefined);
    if (before?.equals(content)) return false;
    await replaceFile(path, 0o600, content);
    return true;
  }

  /** Those of a namespace, by name. */
  async list(namespace: string): Promise<readonly SecretSeen[]> {
    const names = await readdir(join(this.#folder, namespace)).catch((): string[] => []);
    const found = names.filter((name) => SECRET_NAME.test(name)).sort();
    return await Promise.all(
      found.map(async (name) => {
        const { size, mtimeMs } = await stat(this.pathOf({ namespace, name }));
        return { namespace, name, bytes: size, changedAt: mtimeMs };
      }),
    );
  }

  /** NOT_FOUND when there is none. What runs keeps its copy. */
  async remove(secret: SecretName): Promise<void> {
    const path = this.pathOf(secret);
    if (!(await isThere(path)))
      throw new FleetError("NOT_FOUND", `there is no secret ${secret.name} in ${secret.namespace}`);
    await rm(path);
  }

  async #placeFor(secret: SecretName): Promise<string> {
    const path = this.pathOf(secret);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return path;
  }
}

function madeBy(maker: SecretMaker): string {
  if (maker === "token") return `${randomBytes(TOKEN_BYTES).toString("base64url")}\n`;
  const { privateKey } = generateKeyPairSync("ed25519");
  return `${JSON.stringify({ keys: [privateKey.export({ format: "jwk" })] })}\n`;
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
