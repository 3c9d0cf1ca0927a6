import type { GameServer } from "../../core/model/game-server.ts";
import type { LinkResult, SdkCall, Subject } from "../../core/model/link.ts";
import { keyOf } from "../../core/model/resource.ts";
import { isDataVerb } from "../../core/model/sdk-data.ts";
import { rfc3339 } from "../../core/std/clock.ts";
import { FleetError, messageOf } from "../../core/std/errors.ts";
import { decideSdkCall } from "../../fleet/decide/sdk-call.ts";
import { decideSdkData } from "../../fleet/decide/sdk-data.ts";
import type { DoorLink } from "./door-link.ts";

const keyOfSubject = ({ namespace, name }: Subject): string =>
  keyOf({ kind: "GameServer", namespace, name });

/**
 * A control plane in this process that keeps GameServers in a Map and decides SDK calls by the rules of the real one,
 * for tests and benches of the door. `away` makes it unreachable; the next `losesAnswers` calls are done and not answered;
 * while `isWatchBehind`, reads show what was there before.
 */
export class MemoryLink implements DoorLink {
  readonly calls: SdkCall[] = [];
  away = false;
  losesAnswers = 0;
  #shown: ReadonlyMap<string, GameServer> | undefined;
  readonly #objects = new Map<string, GameServer>();
  readonly #listeners = new Map<string, Set<() => void>>();
  #revision = 0;

  set isWatchBehind(isBehind: boolean) {
    this.#shown = isBehind ? new Map(this.#objects) : undefined;
  }

  put(gameServer: GameServer): void {
    const { namespace, name } = gameServer.metadata;
    const key = keyOf({ kind: "GameServer", namespace, name });
    this.#revision += 1;
    const metadata = { ...gameServer.metadata, resourceVersion: String(this.#revision) };
    this.#objects.set(key, { ...gameServer, metadata });
    for (const listener of this.#listeners.get(key) ?? []) listener();
  }

  get(subject: Subject): GameServer | undefined {
    return (this.#shown ?? this.#objects).get(keyOfSubject(subject));
  }

  connected(): boolean {
    return !this.away;
  }

  onChange(key: string, listener: () => void): Disposable {
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  }
  /** Who listens for changes of an object. */
  listeners(key: string): number {
    return this.#listeners.get(key)?.size ?? 0;
  }

  async sdk(call: SdkCall): Promise<LinkResult> {
    if (this.away) throw new FleetError("UNAVAILABLE", "the control plane is away");
    this.calls.push(call);
    const result = this.#decide(call);
    if (this.losesAnswers === 0) return result;
    this.losesAnswers -= 1;
    throw new FleetError("UNAVAILABLE", "the line broke before the answer");
  }

  #decide(call: SdkCall): LinkResult {
    const found = this.#objects.get(keyOfSubject(call.subject));
    if (!found) return { ok: false, code: "NOT_FOUND", message: "no such game server" };
    try {
      if (isDataVerb(call)) {
        const { answer: object, change } = decideSdkData(found, call, call.id);
        if (change) this.put(change.server);
        return { ok: true, object, revision: String(this.#revision) };
      }
      const now = rfc3339(Date.now());
      const decided = decideSdkCall(found, call, { now, after: () => now });
      if (decided) this.put(decided.server);
      return { ok: true };
    } catch (error) {
      const code = error instanceof FleetError ? error.code : "INTERNAL";
      return { ok: false, code, message: messageOf(error) };
    }
  }
}

/** A GameServer whose container has just been started on node `a`. */
export function startedGameServer(
  name: string,
  more: Partial<GameServer["status"]> = {},
): GameServer {
  return {
    apiVersion: "agones.dev/v1",
    kind: "GameServer",
    metadata: {
      name,
      namespace: "default",
      uid: `uid-of-${name}`,
      resourceVersion: "1",
      generation: 1,
      creationTimestamp: "2026-01-02T03:04:05Z",
      labels: { "agones.dev/fleet": "arena" },
    },
    spec: {
      container: "game",
      ports: [],
      health: { disabled: false, initialDelaySeconds: 5, periodSeconds: 5, failureThreshold: 3 },
      scheduling: "Packed",
      sdkServer: { logLevel: "Info", grpcPort: 9357, httpPort: 9358 },
      template: { spec: { containers: [{ name: "game", image: "arena" }] } },
    },
    status: {
      state: "Scheduled",
      ports: [{ name: "game", port: 7001 }],
      address: "127.0.0.1",
      addresses: [],
      nodeName: "a",
      ...more,
    },
  };
}
