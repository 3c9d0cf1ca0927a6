import { readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { pathOf } from "../api-client.ts";
import type { TestInstance } from "../testing/test-instance.ts";

/** What these tests look at of a Container or GameServer. */
export interface Seen {
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly status: {
    readonly phase?: string;
    readonly state?: string;
    readonly ready?: boolean;
    readonly reason?: string;
    readonly message?: string;
    readonly ports?: readonly { readonly name: string; readonly port: number }[];
    readonly container?: {
      readonly id: string;
      readonly pid?: number;
      readonly restarts?: number;
      readonly exitCode?: number;
      readonly oomKilled?: boolean;
    };
  };
}
type Kind = "Container" | "GameServer";

export async function seen(instance: TestInstance, kind: Kind, name: string): Promise<Seen> {
  const { status, body } = await instance.request(
    "GET",
    pathOf({ kind, namespace: "default", name }),
  );
  if (status !== 200) throw new Error(`${kind} ${name}: ${JSON.stringify(body)}`);
  return body as Seen;
}

export async function listed(
  instance: TestInstance,
  kind: Kind | "Fleet" | "Event" | "Network",
): Promise<readonly Seen[]> {
  const { body } = await instance.request("GET", pathOf({ kind, namespace: "default" }));
  return (body as { readonly items: readonly Seen[] }).items;
}

/** Waits until the resource is as `claim` says; the test's own timeout bounds it. */
export async function until(
  instance: TestInstance,
  [kind, name]: readonly [Kind, string],
  claim: (found: Seen) => boolean,
): Promise<Seen> {
  for (;;) {
    const found = await seen(instance, kind, name);
    if (claim(found)) return found;
    await sleep(25);
  }
}

/** The init's process id, as this machine counts. */
export async function initOf(instance: TestInstance, kind: Kind, name: string): Promise<number> {
  const { pid } = (await until(instance, [kind, name], ({ status }) => !!status.container?.pid))
    .status.container ?? { pid: 0 };
  return pid ?? 0;
}

/** The processes whose PID namespace is that of `pid`: everything of a container. */
export function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

/** One row of /proc/PID/status, its words joined by one blank. */
export function statusRow(status: string, name: string): string {
  const row = status.split("\n").find((line) => line.startsWith(`${name}:`)) ?? "";
  return row
    .slice(name.length + 1)
    .trim()
    .replaceAll(/\s+/g, " ");
}

export const NAMESPACES: readonly string[] = ["mnt", "pid", "uts", "net", "ipc", "user"];

/** The namespaces of a process; in the order of NAMESPACES. */
export function namespacesOf(pid: number | "self"): readonly string[] {
  return NAMESPACES.map((name) => readlinkSync(`/proc/${pid}/ns/${name}`));
}
