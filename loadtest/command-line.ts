import { parseArgs } from "node:util";
import { ARRIVING, PROFILES, type ProfileName } from "./profiles.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

const ARRIVALS_MAX = 1_000;

/** What a command line of load tests asks for. */
export type Wanted =
  | { readonly do: "help" }
  | { readonly do: "compare"; readonly a: string; readonly b: string }
  | { readonly do: "report"; readonly files: readonly string[] }
  | RunWanted;
export interface RunWanted {
  readonly do: "run";
  readonly scenarios: readonly (readonly [name: string, Scenario])[];
  readonly profile: ProfileName;
  /** Of the profile's, in per cent. */
  readonly arrivals: number;
  readonly out: string | undefined;
  /** URL of a platform that runs already, and its state folder. */
  readonly target: { readonly url: string; readonly state: string } | undefined;
  /** Addresses beside loopback that may be loaded. */
  readonly allowed: readonly string[];
}

export const USAGE: string = `npm run loadtest -- SCENARIO… [--profile smoke|load|spike] [--arrivals PERCENT] [--out FOLDER]
    [--target URL --state FOLDER]
${Object.entries(SCENARIOS)
  .map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`)
  .join("\n")}
npm run loadtest -- compare A B      two results, or two folders of results of the same scenario
npm run loadtest -- report FILE…     result.json files as pages that people read
  --profile      how many players arrive and how long they stay (smoke)
  --arrivals     per cent of the profile's arrivals, 1 to 1000 (100): what this machine holds is found by halves and doubles
  --out          folder of the results (loadtest-results/TIME)
  --target       the API of a Flotilla that runs already, with examples/game on it; it is loaded, and stays up
  --state        its state folder, for its tokens
  --i-may-load   an address that is not of this machine's loopback and is yours to load; may be given again
Without --target it starts a Flotilla of its own, as root, on free ports of 127.0.0.1, and takes it down again. A target must have
the images of the scenario, too (allocation: loadtest/bench/echo-game.yaml). Ends with 0 when all thresholds were kept, 1 when one was
missed, 2 when the command makes no sense, 130 after Ctrl-C.`;

/** A command that makes no sense; the message says why. */
export class UsageError extends Error {}

/** Reads a command line; throws UsageError. */
export function wantedOf(argv: readonly string[]): Wanted {
  const { values, positionals } = parse(argv);
  const [first, ...rest] = positionals;
  if (values.help || first === undefined) return { do: "help" };
  if (first === "compare") {
    const [a, b, ...more] = rest;
    if (a === undefined || b === undefined || more.length > 0)
      throw new UsageError("compare takes two results, or two folders of results");
    return { do: "compare", a, b };
  }
  if (first === "report") {
    if (rest.length === 0) throw new UsageError("report takes a result.json, or several");
    return { do: "report", files: rest };
  }
  return runOf(values, positionals);
}

type Values = ReturnType<typeof parse>["values"];

function runOf(values: Values, names: readonly string[]): RunWanted {
  const { profile: profileName, target, state, out } = values;
  const scenarios = names.map((name) => {
    const scenario = SCENARIOS[name];
    if (!scenario) throw new UsageError(`there is no scenario ${name}`);
    return [name, scenario] as const;
  });
  const profile = PROFILES.find((one) => one === profileName);
  if (!profile) throw new UsageError(`--profile ${profileName}: one of ${PROFILES.join(", ")}`);
  const arrivals = Number(values.arrivals);
  if (!Number.isInteger(arrivals) || arrivals < 1 || arrivals > ARRIVALS_MAX)
    throw new UsageError(`--arrivals ${values.arrivals}: a whole number from 1 to ${ARRIVALS_MAX}`);
  const fixed = names.find((name) => !(name in ARRIVING));
  if (arrivals !== 100 && fixed !== undefined)
    throw new UsageError(`--arrivals: in ${fixed} nobody arrives by a rate`);
  if ((target === undefined) !== (state === undefined))
    throw new UsageError("--target and --state go together: the tokens are in the state folder");
  return {
    ...{ do: "run", scenarios, profile, arrivals, out, allowed: values["i-may-load"] },
    target: target === undefined || state === undefined ? undefined : { url: target, state },
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        profile: { type: "string", default: "smoke" },
        arrivals: { type: "string", default: "100" },
        out: { type: "string" },
        target: { type: "string" },
        state: { type: "string" },
        "i-may-load": { type: "string", multiple: true, default: [] },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
