import { bundleProgram } from "./bundle.mjs";
import { buildDemoImage, isGiven } from "./demo-image.mjs";
import { buildFerretDb } from "./ferretdb.mjs";
import { findNode } from "./node.mjs";
import { installPackages } from "./packages.mjs";
import { buildDashboard, buildMeetPage } from "./pages.mjs";
import { Progress, SetupError } from "./progress.mjs";
import { runInForeground } from "./run.mjs";
import { buildShim } from "./shim.mjs";
import { BENCH_PACKAGES, installSystemPackages, RUN_PACKAGES, TEST_PACKAGES } from "./system.mjs";
import { runTests } from "./tests.mjs";

const DEMO = "examples/demo";

/** What each word sets up and then runs. */
const MODES = {
  start: async (progress, args) => {
    await prepare(progress, RUN_PACKAGES);
    await buildDashboard(progress);
    // Who names files of their own starts these, and not the demo.
    const hasFiles = args.some((arg) => /^(-f|--filename)/.test(arg));
    if (!hasFiles) await buildDemoImage(progress, args);
    // Its image of the meet service is made of the built page.
    if (args.some((arg) => /(^|[/=])examples\/game\/?$/.test(arg))) await buildMeetPage(progress);
    progress.summary();
    const files = hasFiles ? [] : ["-f", DEMO];
    return cli(["up", ...files, ...demoAddress(args), ...args]);
  },
  test: async (progress, args) => {
    await prepare(progress, [...RUN_PACKAGES, ...TEST_PACKAGES]);
    if (!process.env.MONGODB_URL) await buildFerretDb(progress);
    await buildMeetPage(progress);
    await buildDashboard(progress);
    progress.summary();
    return runTests(args);
  },
  bench: async (progress, args) => {
    await prepare(progress, [...RUN_PACKAGES, ...BENCH_PACKAGES]);
    progress.summary();
    return runInForeground(findNode(), ["loadtest/bench/main.ts", ...args]);
  },
  loadtest: async (progress, args) => {
    await prepare(progress, RUN_PACKAGES);
    // The image of the meet service is made of the built page.
    await buildMeetPage(progress);
    progress.summary();
    return runInForeground(findNode(), ["loadtest/main.ts", ...args]);
  },
  sim: async (progress, args) => {
    await installPackages(progress);
    return runInForeground(findNode(), ["fleet/sim/main.ts", ...args]);
  },
  play: async (progress, args) => {
    await installPackages(progress);
    return runInForeground(findNode(), ["game-services/play/main.ts", ...args]);
  },
  // What the tests ask for: one line of JSON at the end.
  ferretdb: async (progress) => {
    console.log(JSON.stringify(await buildFerretDb(progress)));
    return 0;
  },
  login: async (progress, args) => {
    await installPackages(progress);
    return runInForeground(findNode(), ["game-services/login/main.ts", ...args]);
  },
  asset: async (progress, args) => {
    await installPackages(progress);
    return runInForeground(findNode(), ["game-services/asset/main.ts", ...args]);
  },
  room: async (progress, args) => {
    await installPackages(progress);
    return runInForeground(findNode(), ["game-services/room/main.ts", ...args]);
  },
  game: async (progress, args) => {
    await installPackages(progress);
    return runInForeground(findNode(), ["game-services/game/map/main.ts", "--alone", ...args]);
  },
  meet: async (progress, args) => {
    await installPackages(progress);
    await buildMeetPage(progress);
    return runInForeground(findNode(), ["game-services/meet/main.ts", ...args]);
  },
  // What the tests and the image of the service need: the page, without serving it.
  "meet-page": async (progress) => {
    await installPackages(progress);
    await buildMeetPage(progress);
    return 0;
  },
  // The same of the control plane's page.
  dashboard: async (progress) => {
    await installPackages(progress);
    await buildDashboard(progress);
    return 0;
  },
  // What `npm pack` puts into the package.
  pack: async (progress) => {
    await installPackages(progress);
    await buildDashboard(progress);
    await bundleProgram(progress);
    return 0;
  },
  // Everything that `npm start` needs, without starting it.
  prepare: async (progress, args) => {
    await prepare(progress, RUN_PACKAGES);
    await buildDashboard(progress);
    await buildDemoImage(progress, args);
    progress.summary();
    return 0;
  },
};

/** The demo is for this machine alone unless told otherwise: then its game ports open on loopback only. */
function demoAddress(args) {
  const flag = "--advertise-address";
  return isGiven(args, flag, "FLOTILLA_ADVERTISE_ADDRESS") ? [] : [flag, "127.0.0.1"];
}

async function prepare(progress, systemPackages) {
  await installPackages(progress);
  await installSystemPackages(progress, systemPackages);
  await buildShim(progress);
}

function cli(args) {
  return runInForeground(findNode(), ["cli/main.ts", ...args]);
}

/** Runs one mode; returns the exit code. */
export async function main([word = "start", ...args]) {
  const mode = MODES[word];
  if (!mode) {
    console.error(`error: setup.mjs does not know ${word}`);
    console.error(`next:  one of ${Object.keys(MODES).join(", ")}`);
    return 2;
  }
  try {
    return await mode(new Progress(), args);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`error: ${error.message}`);
    console.error(`next:  ${error.next}`);
    return 1;
  }
}
