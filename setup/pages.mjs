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

const IS_TEST = /\.(test|fixture)\.tsx?$/;
/** Its sources, what else of this clone goes into it, where it is built, and the folder of its files in the address. */
const MEET = {
  what: "the page of game-services/meet",
  root: join(ROOT, "game-services", "meet", "page"),
  beside: [join(ROOT, "game-services", "client")],
  out: join(ROOT, ".build", "meet"),
  assets: "page",
};
const DASHBOARD = {
  what: "the dashboard",
  root: join(ROOT, "dashboard"),
  beside: [join(ROOT, "core")],
  out: join(ROOT, ".build", "dashboard"),
  assets: "assets",
};

/** Builds the page that players see into `.build/meet/page`, when what it is made of has changed. */
export async function buildMeetPage(progress) {
  await buildPage(progress, MEET);
}

/** Builds the page of the control plane into `.build/dashboard/page`, when what it is made of has changed. */
export async function buildDashboard(progress) {
  await buildPage(progress, DASHBOARD);
}

async function buildPage(progress, page) {
  const digest = digestOfInputs(page);
  const note = join(page.out, "inputs");
  const built = join(page.out, "page");
  const isBuilt = existsSync(join(built, "index.html"));
  if (isBuilt && existsSync(note) && readFileSync(note, "utf8") === digest) return;
  const fresh = join(page.out, `page-${process.pid}`);
  mkdirSync(page.out, { recursive: true });
  await progress.step(`${page.what} built`, () =>
    // Vite needs Node 24, and this may be an older one.
    runQuietly(findNode(), [
      ...NODE_FLAGS,
      join(ROOT, "setup", "build-page.mjs"),
      ...[page.root, fresh, page.assets],
    ]).catch((error) => {
      throw new SetupError(error.message, "mend it: `npm test` says the same with more words");
    }),
  );
  rmSync(built, { recursive: true, force: true });
  renameSync(fresh, built);
  writeFileSync(note, digest);
}

/** Sources, and the versions of the packages that go into the page. */
function digestOfInputs({ root, beside }) {
  const digest = createHash("sha256");
  for (const folder of [root, ...beside])
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort())
      if (/\.\w+$/.test(name) && !IS_TEST.test(name))
        digest.update(`${name}\0`).update(readFileSync(join(folder, name)));
  digest.update(readFileSync(join(ROOT, "setup", "build-page.mjs")));
  digest.update(readFileSync(join(ROOT, "package-lock.json")));
  return digest.digest("hex");
}
