import { join } from "node:path";
import { tokenFileOf } from "../../access/tokens.ts";
import { type Config, SETTINGS } from "../config.ts";

export interface SummaryOptions {
  readonly config: Config;
  readonly url: string;
  readonly isolation: string;
  readonly env: { readonly [name: string]: string | undefined };
}

/** How a person types this program here: `bin/flotilla` in a clone, `flotilla` when it is installed. */
export function ownName(script: string | undefined): string {
  return script?.endsWith("main.ts") ? "bin/flotilla" : "flotilla";
}

/** The last lines of `up`: where things are, and what to do next. */
export function summaryText({ config, url, isolation, env }: SummaryOptions): string {
  const name = ownName(process.argv[1]);
  return [
    "",
    "flotilla is up.",
    `  API          ${url}`,
    `  admin token  ${join(config.state, tokenFileOf("admin"))}`,
    `  logs         ${join(config.state, "logs")}`,
    `  isolation    ${isolation}`,
    "",
    "Next, in another terminal:",
    ...exportsOf(config, url, env).map((line) => `  ${line}`),
    `  ${name} get gs                          what runs`,
    `  ${name} allocate arena                  take a game server for players`,
    ...(name === "flotilla"
      ? []
      : ["  npm run play -- arena --players 2        two players who move and chat"]),
    "",
    "Ctrl-C stops the game servers; what is stored stays.",
  ].join("\n");
}

/** What another terminal must be told when this run is not in the standard places. */
function exportsOf({ state }: Config, url: string, env: SummaryOptions["env"]): string[] {
  const given = [
    [SETTINGS.state.env, state, SETTINGS.state.fallback],
    [SETTINGS.api.env, url, SETTINGS.api.fallback],
  ] as const;
  return given
    .filter(([variable, value, standard]) => value !== standard || env[variable])
    .map(([variable, value]) => `export ${variable}=${value}`);
}
