import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SetupError } from "./progress.mjs";
import { ROOT, runQuietly } from "./run.mjs";

/** `npm ci` when what is installed is not what the lock says. */
export async function installPackages(progress) {
  if (isInstalled()) return;
  const env = { ...process.env, NODE_ENV: "development", npm_config_update_notifier: "false" };
  const flags = ["--include=dev", "--include=optional", "--ignore-scripts", "--loglevel=error"];
  const [program, args] = npm();
  await progress.step(
    "packages and Node 24 (npm ci)",
    () =>
      runQuietly(program, [...args, "ci", ...flags], { env }).catch((error) => {
        throw new SetupError(error.message, "is the npm registry reachable? then try again");
      }),
    { isDownload: true },
  );
}

/** The npm that started us, if one did: it is the one that works here. */
function npm() {
  const { npm_execpath: path } = process.env;
  return path && /npm-cli\.c?js$/.test(path) ? [process.execPath, [path]] : ["npm", []];
}

/** Compares npm's own note of what it installed with the lock, so that an install by hand counts too. */
function isInstalled() {
  const wanted = readLock(join(ROOT, "package-lock.json"));
  const found = readLock(join(ROOT, "node_modules", ".package-lock.json"));
  if (!wanted) throw new SetupError("package-lock.json cannot be read", "clone the project again");
  if (!found) return false;
  return Object.entries(wanted)
    .filter(([path]) => path !== "")
    .every(([path, { version, optional, devOptional }]) =>
      found[path]
        ? found[path].version === version
        : (optional || devOptional) === true && !isNeeded(path),
    );
}

/** Optional for npm, because other platforms have others; not for us on this one. */
function isNeeded(path) {
  const here = `${process.platform}-${process.arch}`;
  const needed = [
    `node_modules/node-${here}`,
    "node_modules/esbuild",
    `node_modules/@esbuild/${here}`,
  ];
  return needed.includes(path);
}

function readLock(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}
