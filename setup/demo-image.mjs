import { findNode } from "./node.mjs";
import { SetupError } from "./progress.mjs";
import { NODE_FLAGS, runQuietly } from "./run.mjs";

const SPEC = "examples/demo/image.yaml";

/** The demo's image, in the state folder that the run will use; unchanged inputs cost a look at them. */
export async function buildDemoImage(progress, args) {
  const state = optionOf(args, "--state");
  const build = ["cli/main.ts", "image", "build", SPEC, ...(state ? ["--state", state] : [])];
  await progress.step("demo image", () =>
    runQuietly(findNode(), [...NODE_FLAGS, ...build]).catch((error) => {
      throw new SetupError(error.message, "mend what it names, then try again");
    }),
  );
}

function optionOf(args, name) {
  const at = args.findIndex((arg) => arg === name || arg.startsWith(`${name}=`));
  if (at < 0) return undefined;
  return args[at] === name ? args[at + 1] : args[at].slice(name.length + 1);
}
