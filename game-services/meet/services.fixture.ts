import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { systemClock } from "../../core/std/clock.ts";
import { freePort } from "../../core/std/free-port.ts";
import type { Logger } from "../../core/std/logger.ts";
import { openAsset } from "../asset/open-asset.ts";
import { settingsOf as assetSettingsOf } from "../asset/settings.ts";
import { openLogin } from "../login/open-login.ts";
import { settingsOf as loginSettingsOf } from "../login/settings.ts";
import type { RunningService } from "../service/run-service.ts";

/** Cheap enough for tests; the real cost is a constant beside the hash. */
const TEST_COST = { memoryKiB: 64, passes: 1 };
const silent = (): void => undefined;
const logger: Logger = { debug: silent, info: silent, warn: silent, error: silent };

type Name = "login" | "asset";

/** For tests: the services behind the page, real ones, each of which can go and come back at its address. */
export class TestServices implements AsyncDisposable {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "flotilla-meet-services-"));
  readonly #ports: Readonly<Record<Name, number>>;
  readonly #running = new Map<Name, RunningService>();

  private constructor(ports: Readonly<Record<Name, number>>) {
    this.#ports = ports;
  }

  static async open(): Promise<TestServices> {
    const services = new TestServices({ login: await freePort(), asset: await freePort() });
    for (const name of ["login", "asset"] as const) await services.start(name);
    return services;
  }

  url(name: Name): URL {
    return new URL(`http://127.0.0.1:${this.#ports[name]}`);
  }

  async start(name: Name): Promise<void> {
    const service = await (name === "login" ? this.#login() : this.#asset());
    await service.app.listen({ host: "127.0.0.1", port: this.#ports[name] });
    this.#running.set(name, service);
  }

  async stop(name: Name): Promise<void> {
    const service = this.#running.get(name);
    this.#running.delete(name);
    service?.app.server.closeAllConnections();
    await service?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of [...this.#running.keys()]) await this.stop(name);
    rmSync(this.#folder, { recursive: true });
  }

  #login(): Promise<RunningService> {
    const documents = pathToFileURL(join(this.#folder, "login.db")).href;
    const free = { addressPerMinute: 0, accountPerMinute: 0, proxies: 1 };
    const defaults = loginSettingsOf({ FLOTILLA_STATE: this.#folder }, 0);
    const settings = { ...defaults, documents, ...free };
    return openLogin({ settings, passwordCost: TEST_COST, clock: systemClock, logger });
  }

  #asset(): Promise<RunningService> {
    const env = { FLOTILLA_STATE: this.#folder, LOGIN_URL: this.url("login").href };
    return openAsset({ settings: assetSettingsOf(env, 0), clock: systemClock, logger });
  }
}
