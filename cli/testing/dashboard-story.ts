import type { Browser } from "playwright-core";
import { chromium } from "playwright-core";
import { DashboardVisitor } from "./dashboard-visitor.ts";
import { DashboardWorld } from "./dashboard-world.ts";

/** Waiting for something to become of it, on a machine that may be busy. */
export const SOON: { readonly timeout: number; readonly interval: number } = {
  timeout: 30_000,
  interval: 100,
};
export const PASSWORD = "a long enough password";

const DEFAULT = "namespaces/default";
/** Where the API has what a test looks at. */
export const pathsOf = {
  fleet: (name: string): string => `/apis/agones.dev/v1/${DEFAULT}/fleets/${name}`,
  autoscaler: (name: string): string =>
    `/apis/autoscaling.agones.dev/v1/${DEFAULT}/fleetautoscalers/${name}`,
  container: (name: string): string => `/apis/flotilla.dev/v1/${DEFAULT}/containers/${name}`,
  service: (name: string): string => `/apis/flotilla.dev/v1/${DEFAULT}/services/${name}`,
  network: (name: string): string => `/apis/flotilla.dev/v1/${DEFAULT}/networks/${name}`,
  node: (name: string): string => `/apis/flotilla.dev/v1/nodes/${name}`,
};

/** For tests: a platform, a browser, and the admin Ann in it. Each part of the story goes on where the one before ended. */
export class DashboardStory implements AsyncDisposable {
  readonly world: DashboardWorld;
  readonly browser: Browser;
  readonly ann: DashboardVisitor;

  private constructor(world: DashboardWorld, browser: Browser, ann: DashboardVisitor) {
    this.world = world;
    this.browser = browser;
    this.ann = ann;
  }

  static async open(executablePath: string, ports: string): Promise<DashboardStory> {
    const args = ["--no-sandbox", "--disable-dev-shm-usage"];
    const [world, browser] = await Promise.all([
      DashboardWorld.open(ports),
      chromium.launch({ executablePath, args }),
    ]);
    const ann = await DashboardVisitor.open(browser, world.instance.url);
    return new DashboardStory(world, browser, ann);
  }

  /** Somebody else, with a browser of its own. */
  visitor(
    ...options: Parameters<typeof DashboardVisitor.open> extends [unknown, unknown, ...infer R]
      ? R
      : never
  ): Promise<DashboardVisitor> {
    return DashboardVisitor.open(this.browser, this.world.instance.url, ...options);
  }

  /** What is at a path of the API; undefined where nothing is. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects
  async read(path: string): Promise<any> {
    const { status, body } = await this.world.instance.request("GET", path);
    return status === 404 ? undefined : body;
  }

  /** Changes fields of an object as somebody else would. */
  async patch(path: string, change: object): Promise<void> {
    const headers = { "content-type": "application/merge-patch+json" };
    const { status } = await this.world.instance.request("PATCH", path, change, headers);
    if (status !== 200) throw new Error(`${path} answered ${status}`);
  }

  async readyServer(): Promise<string> {
    const ready = (await this.world.servers()).find(({ state }) => state === "Ready");
    return ready?.name ?? "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    await this.world[Symbol.asyncDispose]();
  }
}
