import { randomUUID } from "node:crypto";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../core/std/clock.ts";
import { freePort } from "../../core/std/free-port.ts";
import { describeDocumentStore } from "../conformance/documents/documents.ts";
import { DOCUMENT_TEST_BOUNDS, SHIPS } from "../conformance/documents/harness.ts";
import { FerretServer, findFerret } from "./ferret-server.fixture.ts";
import { LossyProxy } from "./lossy-proxy.fixture.ts";
import {
  MONGO_DOCUMENT_BOUNDS,
  type MongoDocumentStoreOptions,
  openMongoDocumentStore,
} from "./mongo-document-store.ts";

const given = process.env.MONGODB_URL;
const found = given ? { given } : await findFerret();
const STORIES = 15;

function optionsFor(url: string, database: string): MongoDocumentStoreOptions {
  const bounds = { ...MONGO_DOCUMENT_BOUNDS, ...DOCUMENT_TEST_BOUNDS };
  return { ...bounds, url, database, clock: systemClock };
}

/** A database of its own, dropped at the end. */
const newDatabase = (): string => `flotilla_test_${randomUUID().replaceAll("-", "")}`;

async function drop(url: string, database: string): Promise<void> {
  const client = new MongoClient(url);
  await client.db(database).dropDatabase();
  await client.close();
}

if ("missing" in found)
  it("passes the suite against a real server", (context) => {
    context.skip(`${found.missing}; MONGODB_URL may name another server`);
  });
else {
  let url = given ?? "";
  let server: FerretServer | undefined;
  beforeAll(async () => {
    if (!("program" in found)) return;
    server = await FerretServer.start(found.program);
    url = server.url;
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  describeDocumentStore(
    "mongodb",
    async () => {
      const database = newDatabase();
      return {
        open: () => openMongoDocumentStore(optionsFor(url, database)),
        [Symbol.asyncDispose]: () => drop(url, database),
      };
    },
    STORIES,
  );

  describe("mongodb: a connection that breaks", () => {
    it.each(["insert", "update", "delete"])(
      "knows its own %s again when the answer to it was lost",
      async (command) => {
        const database = newDatabase();
        await using proxy = await LossyProxy.open(new URL(url));
        {
          const through = new URL(url);
          through.host = proxy.host;
          await using store = await openMongoDocumentStore(optionsFor(through.href, database));
          const ships = await store.collection(SHIPS);
          const first = await ships.insert("before", { name: "Argo" });
          proxy.loseAnswerTo(command);
          if (command === "insert") await ships.insert("a", { name: "Beagle" });
          if (command === "update")
            await ships.replace("before", first.version, { name: "Beagle" });
          if (command === "delete") await ships.delete("before", first.version);
          expect(proxy.lost).toBe(1);
          const left = await ships.find({ index: "all", equal: {}, limit: 7 });
          expect(left.items.map(({ body }) => body.name)).toEqual(
            { insert: ["Beagle", "Argo"], update: ["Beagle"], delete: [] }[command],
          );
        }
        await drop(url, database);
      },
    );
  });
}

describe("mongodb: a server that is away", () => {
  it("is UNAVAILABLE, in words that name it and keep the password", async () => {
    const url = "mongodb://ann:secret@127.0.0.1:1/?tls=true";
    const opening = openMongoDocumentStore({ ...optionsFor(url, "x"), connectMs: 200 });
    const error = await opening.catch((reason) => reason);
    expect(error).toMatchObject({ code: "UNAVAILABLE" });
    expect(error.message).toContain("MongoDB at 127.0.0.1:1");
    expect(error.message).not.toContain("secret");
  });

  it("is INVALID when the URL is none", async () => {
    const opening = openMongoDocumentStore(optionsFor("mongodb://", "x"));
    await expect(opening).rejects.toMatchObject({ code: "INVALID" });
  });

  it("refuses while it is away and goes on when it is back, with what was answered", async (context) => {
    if (!("program" in found)) return context.skip("only a server of our own may be killed");
    await using own = await FerretServer.start(found.program, await freePort());
    const options = optionsFor(own.url, "away");
    await using store = await openMongoDocumentStore(options);
    const ships = await store.collection(SHIPS);
    await ships.insert("a", { size: 1 });
    await own.kill();
    await expect(ships.insert("b", {})).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await expect(ships.get("a")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await expect(store.ping()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    // Long enough for the driver to have lost everything that it was connected to.
    await expect(Promise.all([store.ping(), store.ping()])).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
    await own.start();
    await ships.insert("b", { size: 2 });
    expect((await ships.getMany(["a", "b"])).map(({ body }) => body.size)).toEqual([1, 2]);
  });

  it("gives up on a server that says nothing, and goes on when it speaks again", async (context) => {
    if (!("program" in found)) return context.skip("only a server of our own may be stopped");
    await using own = await FerretServer.start(found.program);
    // Not so little that a server which speaks is given up, too.
    const options = { ...optionsFor(own.url, "silent"), connectMs: 1_500, answerMs: 2_000 };
    await using store = await openMongoDocumentStore(options);
    const ships = await store.collection(SHIPS);
    own.signal("SIGSTOP");
    await expect(ships.insert("a", {})).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await expect(ships.get("a")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    own.signal("SIGCONT");
    const get = () => ships.get("b").then(() => "fine", String);
    await expect.poll(get).toBe("fine");
    await ships.insert("b", {});
  });
});
