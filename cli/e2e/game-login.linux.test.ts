import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestInstance } from "../testing/test-instance.ts";
import { type GameFolder, gameFolder } from "./game-folder.ts";
import { listed, type Seen } from "./look-inside.ts";
import { ask, SteadyRequests } from "./service-client.ts";

const PASSWORD = "correct horse";

describe("the login service of examples/game", () => {
  let game: GameFolder;
  let instance: TestInstance;
  let port = 0;

  beforeAll(async () => {
    game = await gameFolder(["login"]);
    port = game.ports.get("login") ?? 0;
    const flags = ["--port-range", "17920-17930"];
    instance = await TestInstance.start({ files: [game.folder], flags });
  });
  afterAll(async () => {
    await instance[Symbol.asyncDispose]();
    await rm(game.folder, { recursive: true });
  });

  const post = async (path: string, body: object) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const signUp = (user_id: string) => {
    const nickname = user_id;
    return post("/signup", {
      user_id,
      user_pw: PASSWORD,
      nickname,
      email: `${user_id}@example.org`,
    });
  };
  /** Attempts of one address are limited: it waits for its turn. */
  const signUpUnhurried = async (user_id: string): ReturnType<typeof signUp> => {
    for (;;) {
      const answer = await signUp(user_id);
      if (answer.status !== 429) return answer;
      await sleep(1_000);
    }
  };
  const logIn = (user_id: string) => post("/login", { user_id, user_pw: PASSWORD });
  const replicas = async (): Promise<readonly Seen[]> =>
    (await listed(instance, "Container")).filter(({ metadata }) =>
      metadata.name.startsWith("login-"),
    );
  const readyReplicas = async (): Promise<number> => {
    const path = "/apis/flotilla.dev/v1/namespaces/default/services/login";
    const { body } = await instance.request("GET", path);
    return (body as { status: { readyReplicas: number } }).status.readyReplicas;
  };
  const bothAreReady = () => expect.poll(readyReplicas, { timeout: 60_000 }).toBe(2);

  it("is up by one command, which makes its image and secrets and says where it is", async () => {
    expect(instance.said).toContain("secret login.keys made");
    expect(instance.said).toContain("service login: 2 of 2 replicas are ready");
    expect(instance.said).toContain(`  login        http://127.0.0.1:${port}\n`);
    await bothAreReady();
  });

  it("signs players up and in, whichever replica is asked: both have the same accounts and keys", async () => {
    expect(await signUp("ann")).toMatchObject({ status: 201, body: { code: 1 } });
    // A connection each, so that both are asked.
    for (let i = 0; i < 8; i++)
      expect(await ask(port, undefined, "/.well-known/jwks.json")).toMatch(/^200 .*"Ed25519"/);
    const keys = new Set<string>();
    for (let i = 0; i < 8; i++) keys.add(await ask(port, undefined, "/.well-known/jwks.json"));
    expect(keys.size).toBe(1);
    for (const one of await replicas()) {
      const script = `
        const body = JSON.stringify({ user_id: "ann", user_pw: ${JSON.stringify(PASSWORD)} });
        const headers = { "content-type": "application/json" };
        fetch("http://127.0.0.1:8711/login", { method: "POST", headers, body })
          .then(async (answer) => console.log(answer.status));`;
      const said = await instance.mustCli(
        ...["exec", `container/${one.metadata.name}`, "--", "node", "-e", script],
      );
      expect(said).toBe("200\n");
    }
  });

  it("goes on when a replica is killed, and loses no account that it answered for", async () => {
    const made: string[] = [];
    const stop = new AbortController();
    const signingUp = (async () => {
      for (let i = 0; !stop.signal.aborted; i++) {
        const { status } = await signUp(`player-${i}`).catch(() => ({ status: 0 }));
        if (status === 201) made.push(`player-${i}`);
        // Attempts of one address are limited to one a second on average.
        await sleep(250);
      }
    })();
    await expect.poll(() => made.length, { timeout: 40_000 }).toBeGreaterThan(2);
    const [victim] = await replicas();
    process.kill(victim?.status.container?.pid ?? 0, "SIGKILL");
    const before = made.length;
    await expect.poll(() => made.length, { timeout: 40_000 }).toBeGreaterThan(before + 3);
    stop.abort();
    await signingUp;
    // Its end comes to the API by way of its node: the numbers may be from before.
    const restarts = async () =>
      (await replicas()).map(({ status }) => status.container?.restarts ?? 0).sort();
    await expect.poll(restarts, { timeout: 40_000 }).toEqual([0, 1]);
    await bothAreReady();
    for (const name of made)
      expect(await signUpUnhurried(name), name).toMatchObject({ status: 409 });
  });

  it("loses no request when its replicas are replaced one after the other", async () => {
    const before = (await replicas()).map(({ metadata }) => metadata.name);
    const requests = new SteadyRequests(port, 2, "/.well-known/jwks.json");
    const template = { metadata: { labels: { again: "yes" } } };
    const path = "/apis/flotilla.dev/v1/namespaces/default/services/login";
    const type = { "content-type": "application/merge-patch+json" };
    await instance.request("PATCH", path, { spec: { template } }, type);
    const names = async () => (await replicas()).map(({ metadata }) => metadata.name);
    const isReplaced = async () => {
      const now = await names();
      return now.length === 2 && now.every((name) => !before.includes(name));
    };
    await expect.poll(isReplaced, { timeout: 60_000 }).toBe(true);
    await bothAreReady();
    await requests.stop();
    expect(requests.failures).toEqual([]);
    expect(requests.answers.length).toBeGreaterThan(100);
    expect(new Set(requests.answers).size).toBe(1);
  });

  it("keeps accounts and keys when everything is stopped and started again", async () => {
    const keys = await ask(port, undefined, "/.well-known/jwks.json");
    await instance.end("SIGINT");
    await expect(ask(port)).rejects.toThrow("ECONNREFUSED");
    await instance.up();
    expect(instance.said).not.toContain("secret login.keys made");
    expect(await ask(port, undefined, "/.well-known/jwks.json")).toBe(keys);
    expect(await logIn("ann")).toMatchObject({ status: 200, body: { code: 1 } });
  });
});
