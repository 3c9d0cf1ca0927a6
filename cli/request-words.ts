import { WAIT_FORM, waitMsOf } from "../core/model/wait-up-to.ts";
import { FleetError } from "../core/std/errors.ts";

/** `map=harbour,mode=ranked` as an object. */
export function pairsOf(text: string | undefined): Readonly<Record<string, string>> {
  const pairs = (text ?? "").split(",").filter(Boolean);
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, key, value] = /^([^=!]+)={1,2}([^=]*)$/.exec(pair) ?? [];
      if (!key) throw new FleetError("INVALID", `${pair} is not of the form name=value`);
      return [key, value ?? ""];
    }),
  );
}

/** What `--wait` asks of the API. */
export function waitOf(wait: string | undefined): { readonly waitUpTo?: string } {
  if (wait === undefined) return {};
  if (waitMsOf(wait) === undefined)
    throw new FleetError("INVALID", `--wait takes ${WAIT_FORM}, not ${JSON.stringify(wait)}`);
  return { waitUpTo: wait };
}

/** What `--idempotency-key` asks of the API. */
export function keyHeader(key: string | undefined): Readonly<Record<string, string>> {
  return key ? { "idempotency-key": key } : {};
}
