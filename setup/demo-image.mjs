import { findNode } from "./node.mjs";
import { NOTHING_TO_DO, SetupError } from "./progress.mjs";
import { NODE_FLAGS, runQuietly } from "./run.mjs";

const SPEC = "examples/demo/image.yaml";

/** The demo's image, in the state folder that the run will use; unchanged inputs cost a look at them. */
export async function buildDemoImage(progress, args) {
  const state = optionOf(args, "--state");
  const build = ["cli/main.ts", "image", "build", SPEC, ...(state ? ["--state", state] : [])];
  await progress.step("demo image built", async () => {
    const said = await runQuietly(findNode(), [...NODE_FLAGS, ...build]).catch((error) => {
      throw new SetupError(error.message, "mend what it names, then try again");
    });
    return said.includes(" built ") ? undefined : NOTHING_TO_DO;
  });
}

/** True when an option was given, as a flag or by its variable. */
export function isGiven(args, flag, variable) {
  return optionOf(args, flag) !== undefined || Boolean(process.env[variable]);
}

function optionOf(args, name) {
  const at = args.findIndex((arg) => arg === name || arg.startsWith(`${name}=`));
  if (at < 0) return undefined;
  return args[at] === name ? args[at + 1] : args[at].slice(name.length + 1);
}
