import { fullImageName } from "../../core/model/image.ts";
import { FleetError } from "../../core/std/errors.ts";

const PART = "[a-z0-9]+(?:[._-]+[a-z0-9]+)*";
const REFERENCE = new RegExp(
  `^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]+)?/)?${PART}(?:/${PART})*:[A-Za-z0-9_][\\w.-]{0,127}$`,
);
const LENGTH_MAX = 255;

/** `arena` means `arena:latest`; INVALID when it cannot be an image's name. */
export function fullReference(reference: string): string {
  const full = fullImageName(reference);
  if (full.length <= LENGTH_MAX && REFERENCE.test(full)) return full;
  const message = `${JSON.stringify(reference)} is no image reference: use lower-case words such as arena or games/arena:v2`;
  throw new FleetError("INVALID", message, { reference });
}
