import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FleetError } from "../../core/std/errors.ts";
import { BACKINGS } from "./backing.ts";
import type { GamePart } from "./game-folder.ts";
import type { LoadPlatform } from "./load-platform.ts";
import type { Targets } from "./targets.ts";

export interface RunningPlatformOptions {
  /** Of its API. */
  readonly url: string;
  /** Its state folder, where its tokens are. */
  readonly state: string;
  readonly parts: readonly GamePart[];
  readonly targets: Targets;
}
interface ServicesShown {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly ports?: readonly { readonly hostPort?: number }[] };
  }[];
}

const SERVICES = "/apis/flotilla.dev/v1/namespaces/default/services";

/** A Flotilla that runs already, with the parts of the game's backend that are needed; it stays up. */
export async function findRunningPlatform(options: RunningPlatformOptions): Promise<LoadPlatform> {
  const { targets, state, parts } = options;
  targets.check(options.url);
  const apiUrl = options.url.replace(/\/$/, "");
  const { hostname } = new URL(apiUrl);
  const adminToken = tokenOf(state, "admin");
  const request: LoadPlatform["request"] = async (method, path, body, type) => {
    const answer = await fetch(apiUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${adminToken}`,
        "content-type": type ?? "application/json",
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    }).catch((error: Error) => {
      throw new FleetError("UNAVAILABLE", `nothing answers at ${apiUrl}`, {}, error);
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  };
  const { items } = (await request("GET", SERVICES)) as ServicesShown;
  const ports = new Map(items.map((one) => [one.metadata.name, one.spec.ports?.[0]?.hostPort]));
  // The game servers are reached by the seats that are given.
  for (const part of parts)
    if (part !== "maps" && ports.get(part) === undefined)
      throw new FleetError(
        "NOT_FOUND",
        `${apiUrl} has no service ${part} with a host port: apply examples/game there`,
      );
  return {
    ...{ apiUrl, adminToken, allocateToken: tokenOf(state, "allocate"), request },
    allowed: targets.allowed,
    settings: { target: apiUrl },
    missing: new Map(BACKINGS.map((name) => [name, "nobody has asked for it"])),
    url: (part) => `http://${hostname}:${ports.get(part)}`,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function tokenOf(state: string, scope: string): string {
  const file = join(state, `${scope}.token`);
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new FleetError(
      "NOT_FOUND",
      `cannot read ${file}: --state names its state folder`,
      {},
      error,
    );
  }
}
