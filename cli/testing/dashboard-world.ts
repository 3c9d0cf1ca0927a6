import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { TestInstance } from "./test-instance.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Says that it is ready until the door hears it, and then something each second. */
const GAME =
  "until busybox wget -q -O- --post-data '{}' http://127.0.0.1:9358/ready; do busybox sleep 0.2; done; " +
  "echo 'the game <script>alert(1)</script> runs'; while :; do busybox sleep 1; echo tick; done";
const RUN = ["busybox", "sh", "-c"];
const QUICK = { terminationGracePeriodSeconds: 0 };

/** A fleet of two whose servers have two players each, a container, one that fails, a service and a network. */
function documents(): readonly object[] {
  const game = { name: "game", image: "red-blue", command: [...RUN, GAME] };
  return [
    {
      apiVersion: "flotilla.dev/v1",
      kind: "Network",
      metadata: { name: "lab" },
      spec: { subnet: "10.201.7.0/24", outside: false },
    },
    {
      apiVersion: "flotilla.dev/v1",
      kind: "Container",
      metadata: { name: "worker" },
      spec: {
        ...{ name: "worker", image: "red-blue", network: "lab", ...QUICK },
        command: [...RUN, "echo '<script>alert(2)</script> begins'; exec busybox sleep 1000"],
      },
    },
    {
      apiVersion: "flotilla.dev/v1",
      kind: "Container",
      metadata: { name: "crasher" },
      spec: { name: "crasher", image: "red-blue", command: [...RUN, "exit 3"], ...QUICK },
    },
    {
      apiVersion: "flotilla.dev/v1",
      kind: "Service",
      metadata: { name: "web" },
      spec: {
        replicas: 1,
        ports: [{ port: 80 }],
        template: {
          spec: {
            name: "web",
            image: "red-blue",
            command: [...RUN, "exec busybox sleep 1000"],
            ...QUICK,
          },
        },
      },
    },
    {
      apiVersion: "agones.dev/v1",
      kind: "Fleet",
      metadata: { name: "play" },
      spec: {
        replicas: 2,
        template: {
          spec: {
            ports: [{ name: "game", containerPort: 7654 }],
            lists: { players: { capacity: 8, values: ["ann", "<b>ben</b>"] } },
            health: { disabled: true },
            template: { spec: { containers: [game], ...QUICK } },
          },
        },
      },
    },
  ];
}

/** For tests: a whole Flotilla with its dashboard built, and one of each kind on it. */
export class DashboardWorld implements AsyncDisposable {
  readonly instance: TestInstance;

  private constructor(instance: TestInstance) {
    this.instance = instance;
  }

  static async open(portRange: string): Promise<DashboardWorld> {
    await promisify(execFile)(process.execPath, [join(ROOT, "setup.mjs"), "dashboard"]);
    const instance = await TestInstance.start({
      images: ["examples/red-blue/image.yaml"],
      flags: ["--port-range", portRange, "--node", "home"],
    });
    const world = new DashboardWorld(instance);
    try {
      const file = join(instance.state, "world.yaml");
      await writeFile(
        file,
        documents()
          .map((one) => stringify(one))
          .join("---\n"),
      );
      await instance.mustCli("apply", "-f", file);
      while ((await world.servers()).filter(({ state }) => state === "Ready").length < 2)
        await sleep(100);
      return world;
    } catch (error) {
      await instance[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A one-time link that makes the first admin. */
  async firstLink(): Promise<string> {
    const said = await this.instance.mustCli("user", "link");
    return /http:\S+#\/welcome\/\S+/.exec(said)?.[0] ?? "";
  }

  async servers(): Promise<readonly { readonly name: string; readonly state: string }[]> {
    const path = "/apis/agones.dev/v1/namespaces/default/gameservers";
    const { body } = await this.instance.request("GET", path);
    const { items } = body as {
      items: readonly { metadata: { name: string }; status: { state: string } }[];
    };
    return items.map(({ metadata, status }) => ({ name: metadata.name, state: status.state }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.instance[Symbol.asyncDispose]();
  }
}
