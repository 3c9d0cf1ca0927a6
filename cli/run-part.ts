import { type ChildControl, childControl, failedMessage } from "./up/child-control.ts";

/** Runs a part until it ends; when it fails, the `up` above it learns why before the process goes. */
export async function runPart(run: (control: ChildControl) => Promise<void>): Promise<void> {
  const control = childControl();
  try {
    await run(control);
  } catch (error) {
    control.say(failedMessage(error));
    throw error;
  } finally {
    await control.close();
  }
}
