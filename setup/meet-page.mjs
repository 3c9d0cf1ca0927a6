import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { findNode } from "./node.mjs";
import { SetupError } from "./progress.mjs";
import { NODE_FLAGS, ROOT, runQuietly } from "./run.mjs";

const PAGE = join(ROOT, "game-services", "meet", "page");
const CLIENT = join(ROOT, "game-services", "client");
const OUT = join(ROOT, ".build", "meet");
const IS_TEST = /\.(test|fixture)\.tsx?$/;

/** Builds the page that players see into `.build/meet/page`, when what it is made of has changed. */
export async function buildMeetPage(progress) {
  const digest = digestOfInputs();
  const note = join(OUT, "inputs");
  const built = join(OUT, "page");
  const isBuilt = existsSync(join(built, "index.html"));
  if (isBuilt && existsSync(note) && readFileSync(note, "utf8") === digest) return;
  const fresh = join(OUT, `page-${process.pid}`);
  mkdirSync(OUT, { recursive: true });
  await progress.step("the page of game-services/meet built", () =>
    // Vite needs Node 24, and this may be an older one.
    runQuietly(findNode(), [
      ...NODE_FLAGS,
      join(ROOT, "setup", "build-meet-page.mjs"),
      PAGE,
      fresh,
    ]).catch((error) => {
      throw new SetupError(error.message, "mend it: `npm test` says the same with more words");
    }),
  );
  rmSync(built, { recursive: true, force: true });
  renameSync(fresh, built);
  writeFileSync(note, digest);
}

/** Sources, and the versions of the packages that go into the page. */
function digestOfInputs() {
  const digest = createHash("sha256");
  for (const folder of [PAGE, CLIENT])
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort())
      if (/\.\w+$/.test(name) && !IS_TEST.test(name))
        digest.update(`${name}\0`).update(readFileSync(join(folder, name)));
  digest.update(readFileSync(join(ROOT, "setup", "build-meet-page.mjs")));
  digest.update(readFileSync(join(ROOT, "package-lock.json")));
  return digest.digest("hex");
}
