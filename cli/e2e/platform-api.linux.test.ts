import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestInstance } from "../testing/test-instance.ts";
import { until } from "./look-inside.ts";

const BASE = "/apis/flotilla.dev/v1/namespaces/default";
const TOKEN = {
  volumes: [{ name: "token", secret: { secretName: "platform.token" } }],
  volumeMounts: [{ name: "token", mountPath: "/run/token" }],
};
/** One request, as a line: its status, or why there was no answer. */
const ASK = `
  const [url, path, method, patience] = process.argv.slice(1);
  const token = require("node:fs").existsSync("/run/token")
    ? require("node:fs").readFileSync("/run/token", "utf8").trim() : "nothing";
  const headers = { authorization: "Bearer " + token, "content-type": "application/json" };
  const body = method === "POST" ? JSON.stringify({ fleet: "nowhere" }) : undefined;
  fetch(url + path, { method, headers, body, signal: AbortSignal.timeout(Number(patience)) }).then(
    async (answer) => answer.status + " " + (await answer.text()),
    (error) => error.cause?.code ?? error.name,
  ).then((line) => {
    require("node:fs").writeSync(1, line);
    // A connection that nobody answers would be waited for.
    process.exit();
  });`;

/** For an answer, or the kernel's own no. */
const PATIENCE_MS = 30_000;
/** For what is dropped: nobody answers however long that is waited for. */
const SILENT_MS = 1_500;

describe("a container with platformApi", () => {
  let instance: TestInstance;
  const make = async (name: string, more: object): Promise<void> => {
    const command = ["busybox", "tail", "-f", "/dev/null"];
    const spec = { image: "hello", command, terminationGracePeriodSeconds: 0, ...more };
    const body = { apiVersion: "flotilla.dev/v1", kind: "Container", metadata: { name }, spec };
    const answer = await instance.request("POST", `${BASE}/containers`, body);
    expect(answer).toMatchObject({ status: 201 });
    await until(instance, ["Container", name], ({ status }) => status.phase === "Running");
  };
  const ask = (
    name: string,
    url: string,
    path: string,
    { method = "GET", patienceMs = PATIENCE_MS } = {},
  ): Promise<string> => {
    const words = [ASK, url, path, method, String(patienceMs)];
    return instance.mustCli("exec", `container/${name}`, "--", "node", "-e", ...words);
  };
  const NAME = "http://api.flotilla.internal:8700";
  const ADDRESS = "http://10.86.0.1:8700";

  beforeAll(async () => {
    const images = ["examples/service/image.yaml"];
    instance = await TestInstance.start({ images, flags: ["--port-range", "17900-17910"] });
    const list = join(instance.state, "secrets.yaml");
    writeFileSync(list, "- { name: platform.token, from: allocate }");
    await instance.mustCli("secret", "make", list);
    await make("caller", { ...TOKEN, platformApi: true });
    await make("other", TOKEN);
  });
  afterAll(() => instance[Symbol.asyncDispose]());

  it("asks the control plane by its name, whatever port that listens on, with a token of scope allocate", async () => {
    await expect
      .poll(() => ask("caller", NAME, "/v1/rooms", { method: "POST" }), { timeout: 60_000 })
      .toMatch(/^404 .*nowhere/);
    expect(await ask("caller", NAME, "/livez")).toMatch(/^200 /);
    expect(await ask("caller", NAME, `${BASE}/containers`)).toMatch(/^403 .*scope allocate/);
  });

  it("is one of those that may: its neighbour is not, by name or address", async () => {
    expect(await ask("other", NAME, "/livez")).toMatch(/^(ENOTFOUND|EAI_AGAIN)/);
    expect(await ask("other", ADDRESS, "/livez")).toMatch(/^(ECONNREFUSED|ENETUNREACH|EHOSTUN)/);
  });

  it("reaches nothing else of the host by that", async () => {
    const route = await instance.mustCli(
      "exec",
      "container/caller",
      "--",
      "busybox",
      "ip",
      "route",
    );
    const gateway = `http://${/default via ([\d.]+)/.exec(route)?.[1]}`;
    for (const url of [
      `http://10.86.0.1:${instance.port}`,
      `${gateway}:8700`,
      `${gateway}:${instance.port}`,
    ])
      expect(await ask("caller", url, "/livez", { patienceMs: SILENT_MS }), url).not.toMatch(/^\d/);
  });

  it("goes on asking after agent and server were killed", async () => {
    for (const part of ["agent", "server"] as const)
      await expect.poll(() => instance.kill(part), { timeout: 30_000 }).toBe(true);
    await expect.poll(() => ask2xx(), { timeout: 60_000 }).toMatch(/^200 /);
    expect(await ask("other", ADDRESS, "/livez")).not.toMatch(/^\d/);
  });
  const ask2xx = (): Promise<string> => ask("caller", NAME, "/livez").catch(String);
});
