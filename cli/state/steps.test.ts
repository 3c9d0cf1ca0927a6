import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EventFile } from "../../store/journal/event-file.ts";
import { openJournalResourceStore } from "../../store/journal/journal-resource-store.ts";
import { ownMigration } from "./bring-forward.ts";
import { checkCopy } from "./check-copy.ts";
import { migrateState } from "./migrate.ts";
import { readStamp } from "./stamp.ts";
import { STATE_STEPS, WRITTEN_FORMATS } from "./steps.ts";
import {
  formatsOf,
  LATER_MS,
  NETWORKS,
  nameOf,
  SMALL,
  WRITTEN,
  writeState,
} from "./write-state.fixture.ts";

const OWN = ownMigration();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-steps-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function expectAll(): Promise<void> {
  const server = join(folder, "server");
  await using store = await openJournalResourceStore({ ...SMALL, folder: server });
  for (let index = 0; index < NETWORKS; index++) {
    const found = store.get("Network", "default", nameOf(index));
    expect(found).toMatchObject({ spec: { subnet: `10.1.${index}.0/24` } });
    expect(store.recall(`key-${index}`)).toMatchObject({ at: LATER_MS + index });
  }
  expect(store.count("Network")).toBe(NETWORKS);
  using events = new EventFile(server, 10);
  expect(events.read().map(({ message }) => message)).toEqual(["written for a test"]);
}

describe.each(readdirSync(WRITTEN))("the state that release %s wrote", (release) => {
  beforeEach(() => cpSync(join(WRITTEN, release), folder, { recursive: true }));

  it("is opened by this one, after its migrations, with all that is in it", async () => {
    await checkCopy(folder, OWN);
    await migrateState(folder, OWN);
    expect(readStamp(folder).format).toBe(STATE_STEPS.length);
    await expectAll();
  });

  it("has the formats of this one, unless a step says what has changed", () => {
    const formats: unknown = JSON.parse(readFileSync(join(folder, "formats.json"), "utf8"));
    const isOlder = readStamp(folder).format < STATE_STEPS.length;
    // Who changes a format adds a step to STATE_STEPS: only then is the old state kept.
    if (!isOlder) expect(formats).toEqual(WRITTEN_FORMATS);
    expect(formatsOf(folder)).toEqual(formats);
  });
});

describe("what this release writes", () => {
  it("has the formats that the table names", async () => {
    await writeState(folder);
    expect(formatsOf(folder)).toEqual(WRITTEN_FORMATS);
  });

  it("can be tried on a copy while a server writes it", async () => {
    await writeState(folder);
    rmSync(join(folder, "state.json"));
    const before = readdirSync(folder);
    await using store = await openJournalResourceStore({
      ...SMALL,
      folder: join(folder, "server"),
    });
    let isOver = false;
    const writing = (async () => {
      for (let n = 0; !isOver; n++) {
        const [old] = store.list("Network");
        if (!old) throw new Error("no network");
        const object = { ...old, spec: { ...old.spec, outside: n % 2 === 0 } };
        const expected = old.metadata.resourceVersion;
        await store.commit([
          { op: "update", object, expected, delta: { spec: { outside: n % 2 === 0 } } },
        ]);
      }
    })();
    expect(await checkCopy(folder, OWN)).toMatchObject({ from: 0, to: STATE_STEPS.length });
    isOver = true;
    await writing;
    expect(readdirSync(folder)).toEqual(before);
    expect(readStamp(folder).format).toBe(0);
  });
});
