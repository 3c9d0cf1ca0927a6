import { join } from "node:path";
import { tokenFileOf } from "../../access/tokens.ts";
import type { Fleet } from "../../core/model/fleet.ts";
import type { Service } from "../../core/model/service.ts";
import { allocatorLine } from "../allocator-place.ts";
import type { Document } from "../apply-documents.ts";
import { type Config, SETTINGS } from "../config.ts";

export interface SummaryOptions {
  readonly config: Config;
  readonly url: string;
  readonly isolation: string;
  readonly env: { readonly [name: string]: string | undefined };
  /** The fleet that was applied, if any. */
  readonly fleet: AppliedFleet | undefined;
  /** Services that were applied and that players reach. */
  readonly services: readonly OpenService[];
  /** How a person types this program. */
  readonly name: string;
}

export interface AppliedFleet {
  readonly name: string;
  readonly namespace: string;
  /** Whether our players can play it. */
  readonly isArena: boolean;
}

export interface OpenService {
  readonly name: string;
  readonly url: string;
}

/** The TCP host ports of the services that are applied, on this machine's address. */
export function openServices(
  documents: readonly Document[],
  address: string,
): readonly OpenService[] {
  const host = address.includes(":") ? `[${address}]` : address;
  return documents
    .filter(({ kind }) => kind === "Service")
    .flatMap(({ value }) => {
      const { metadata, spec } = value as Pick<Service, "metadata" | "spec">;
      return (spec.ports ?? []).flatMap(({ hostPort, protocol = "TCP" }) =>
        hostPort === undefined || protocol !== "TCP"
          ? []
          : [{ name: metadata.name, url: `http://${host}:${hostPort}` }],
      );
    });
}

/** How a person types this program here: `bin/flotilla` in a clone, `flotilla` when it is installed. */
export function ownName(script: string | undefined): string {
  return script?.endsWith("main.ts") ? "bin/flotilla" : "flotilla";
}

/** The first fleet of what is applied: the one that the next steps are shown with. */
export function firstFleet(
  documents: readonly Document[],
  fallback: string,
): AppliedFleet | undefined {
  const value = documents.find(({ kind }) => kind === "Fleet")?.value as Fleet | undefined;
  if (!value) return undefined;
  const { name, namespace = fallback } = value.metadata;
  const images = value.spec.template.spec.template.spec.containers.map(({ image }) => image);
  return { name, namespace, isArena: images.some((image) => /^arena(:|@|$)/.test(image)) };
}

const WIDTH = "admin token".length;

/** The last lines of `up`: where things are, and what to do next. */
export function summaryText(options: SummaryOptions): string {
  const { config, url, isolation, env, services, name } = options;
  return [
    "",
    "flotilla is up.",
    `  API          ${url}`,
    `  allocator    ${allocatorLine(config)}`,
    `  admin token  ${join(config.state, tokenFileOf("admin"))}`,
    `  logs         ${join(config.state, "logs")}`,
    `  isolation    ${isolation}`,
    ...services.map(({ name, url: at }) => `  ${name.padEnd(WIDTH)}  ${at}`),
    "",
    "Next, in another terminal:",
    ...exportsOf(config, url, env).map((line) => `  ${line}`),
    ...aligned(nextSteps(options)),
    "",
    // Where systemd started it there are no keys to press.
    `${env.INVOCATION_ID ? `\`${name} down\`` : "Ctrl-C"} stops the game servers; what is stored stays.`,
  ].join("\n");
}

/** Commands, and what each is for. */
function nextSteps({ config, fleet, name }: SummaryOptions): [string, string][] {
  const first: [string, string] = [`${name} get gs`, "what runs"];
  if (!fleet) return [first, [`${name} apply -f FILE`, "make what a file says: fleets, services"]];
  const where = fleet.namespace === config.namespace ? "" : ` -n ${fleet.namespace}`;
  const allocate = `${name} allocate ${fleet.name}${where}`;
  const steps: [string, string][] = [first, [allocate, "take a game server for players"]];
  // The players are a part of the clone, and the program finds the arena by its name in the standard namespace.
  if (name !== "flotilla" && fleet.isArena && fleet.namespace === "default")
    steps.push([`npm run play -- ${fleet.name} --players 2`, "two players meet in a room"]);
  steps.push([`${name} get rooms${where} -o wide`, "rooms, and how full they are"]);
  return steps;
}

function aligned(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([command]) => command.length));
  return rows.map(([command, what]) => `  ${command.padEnd(width)}  ${what}`);
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
