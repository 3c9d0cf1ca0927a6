import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { parseCidr } from "../core/model/ip.ts";
import { milliOf } from "../core/model/quantity.ts";
import { FleetError, messageOf } from "../core/std/errors.ts";
import { isObject } from "../core/std/json.ts";
import { nearestName } from "../core/std/nearest.ts";

/** Everything that can be set, resolved. Which part reads what stands in the table below. */
export interface Config {
  readonly state: string;
  readonly api: string;
  readonly token: string;
  readonly tokenFile: string;
  readonly namespace: string;
  readonly listen: string;
  readonly port: number;
  readonly advertiseAddress: string;
  readonly node: string;
  readonly driver: "auto" | "shim" | "process";
  readonly pool: string;
  readonly servicePool: string;
  readonly portRange: string;
  readonly serverUid: number;
  readonly agentTokenFile: string;
  readonly joinToken: string;
  readonly labels: string;
  readonly reserve: string;
  readonly allocatorListen: string;
  readonly allocatorAuth: "mtls" | "token" | "none";
  readonly allocatorTls: string;
  readonly allocatorClientCa: string;
  readonly nodeLostAfter: number;
  readonly historyRows: number;
  readonly historyDays: number;
  readonly alertWebhook: string;
  readonly alertWebhookFile: string;
  readonly tlsListen: string;
  readonly serverNames: string;
  readonly logLevel: "debug" | "info" | "warn" | "error";
}
export type SettingName = keyof Config;

export interface Setting<T> {
  /** As commander writes it; absent for what must not show in a process list. */
  readonly flag?: string;
  readonly env: string;
  readonly fallback: T;
  /** Shown instead of `fallback` where that depends on the machine. */
  readonly fallbackShown?: string;
  readonly description: string;
  /** Goes to our own processes by their environment, never as a flag. */
  readonly secret?: true;
  readonly read: (text: string) => T | undefined;
  /** What `read` takes, for the error message. */
  readonly takes: string;
}

const text = (value: string): string | undefined => value;
const oneOf =
  <T extends string>(...values: readonly T[]) =>
  (value: string): T | undefined =>
    values.find((v) => v === value);
const between =
  (min: number, max: number) =>
  (value: string): number | undefined =>
    /^\d+$/.test(value) && Number(value) >= min && Number(value) <= max ? Number(value) : undefined;
const matching =
  (form: RegExp) =>
  (value: string): string | undefined =>
    form.test(value) ? value : undefined;

function portRange(value: string): string | undefined {
  const [, min, max] = /^(\d{1,5})-(\d{1,5})$/.exec(value) ?? [];
  return min && max && 1 <= +min && +min <= +max && +max <= 65_535 ? value : undefined;
}

function addressAndPort(value: string): string | undefined {
  if (value === "") return value;
  const [, host = "", port] = /^(.+):(\d{1,5})$/.exec(value) ?? [];
  const isFine = isIP(host.replace(/^\[|\]$/g, "")) !== 0 && between(1, 65_535)(port ?? "");
  return isFine ? value : undefined;
}

/** An empty word and port 0 mean `off`, too. */
function allocatorPlace(value: string): string | undefined {
  if (value === "" || value === "0" || value === "off") return "off";
  return between(1, 65_535)(value) === undefined ? addressAndPort(value) : value;
}

/** The same text when it is an http or https URL, or nothing. */
export function webUrl(value: string): string | undefined {
  if (value === "") return value;
  const url = URL.parse(value);
  return url && /^https?:$/.test(url.protocol) && url.hostname !== "" ? value : undefined;
}

function tlsSource(value: string): string | undefined {
  return value === "own" || value === "off" || value.includes("/") ? value : undefined;
}

function nameList(value: string): string | undefined {
  const isName = (one: string): boolean => isIP(one) !== 0 || /^[A-Za-z0-9.-]{1,253}$/.test(one);
  return value === "" || value.split(",").every(isName) ? value : undefined;
}

function labelList(value: string): string | undefined {
  return value === "" || value.split(",").every((one) => LABEL.test(one)) ? value : undefined;
}
const LABEL =
  /^([a-z0-9.-]+\/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?=([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/;

function reserved(value: string): string | undefined {
  const isFine = value.split(",").every((one) => {
    const [, name, amount] = /^(cpu|memory)=(.+)$/.exec(one) ?? [];
    return name !== undefined && (milliOf(amount) ?? -1) >= 0;
  });
  return isFine ? value : undefined;
}

/** Where everything is kept: root's is the machine's, anybody else has one of their own. */
function defaultState(): string {
  if (process.getuid?.() === 0) return "/var/lib/flotilla";
  const data = process.env.XDG_DATA_HOME || join(homedir(), ".local", "share");
  return join(data, "flotilla");
}

/** The one table of settings: flag, environment, key of the file (its name here), default, meaning. */
// biome-ignore format: a table is read by its columns
export const SETTINGS: { readonly [K in SettingName]: Setting<Config[K]> } = {
  state:            { flag: "--state <folder>", env: "FLOTILLA_STATE", fallback: defaultState(), fallbackShown: "/var/lib/flotilla, or the user's data folder", read: text, takes: "a folder", description: "state folder: tokens, databases, images, logs" },
  api:              { flag: "--api <url>", env: "FLOTILLA_API", fallback: "http://127.0.0.1:8700", read: matching(/^https?:\/\/[^/]+\/?$/), takes: "a URL such as http://127.0.0.1:8700", description: "URL of the control plane" },
  token:            { env: "FLOTILLA_TOKEN", fallback: "", secret: true, read: text, takes: "a token", description: "the token itself (no flag: flags show in process lists)" },
  tokenFile:        { flag: "--token-file <file>", env: "FLOTILLA_TOKEN_FILE", fallback: "", fallbackShown: "admin.token in the state folder", read: text, takes: "a file", description: "file that holds the token" },
  namespace:        { flag: "-n, --namespace <name>", env: "FLOTILLA_NAMESPACE", fallback: "default", read: matching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/), takes: "a name of small letters, digits and '-'", description: "namespace" },
  listen:           { flag: "--listen <address>", env: "FLOTILLA_LISTEN", fallback: "127.0.0.1", read: matching(/^[0-9a-fA-F.:]+$/), takes: "an IP address", description: "address that the API listens on" },
  port:             { flag: "--port <port>", env: "FLOTILLA_PORT", fallback: 8700, read: between(1, 65_535), takes: "a port from 1 to 65535", description: "port of the API" },
  advertiseAddress: { flag: "--advertise-address <address>", env: "FLOTILLA_ADVERTISE_ADDRESS", fallback: "auto", read: text, takes: "an address, or auto", description: "address that players are told (`flotilla doctor` explains the choice)" },
  node:             { flag: "--node <name>", env: "FLOTILLA_NODE", fallback: hostname().toLowerCase(), fallbackShown: "the host's name", read: matching(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/), takes: "a name of small letters, digits, '-' and '.'", description: "name of this machine's Node" },
  driver:           { flag: "--driver <name>", env: "FLOTILLA_DRIVER", fallback: "auto", read: oneOf("auto", "shim", "process"), takes: "auto, shim or process", description: "how containers are made: shim isolates, process does not" },
  pool:             { flag: "--pool <cidr>", env: "FLOTILLA_POOL", fallback: "10.87.0.0/16", read: matching(/^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/), takes: "an IPv4 range such as 10.87.0.0/16", description: "addresses that networks take theirs from" },
  servicePool:      { flag: "--service-pool <cidr>", env: "FLOTILLA_SERVICE_POOL", fallback: "10.86.0.0/16", read: (value) => (parseCidr(value) ? value : undefined), takes: "an IPv4 range such as 10.86.0.0/16", description: "addresses of Services; no machine has them" },
  portRange:        { flag: "--port-range <min-max>", env: "FLOTILLA_PORT_RANGE", fallback: "7000-8000", read: portRange, takes: "two ports such as 7000-8000", description: "host ports for game servers" },
  serverUid:        { flag: "--server-uid <number>", env: "FLOTILLA_SERVER_UID", fallback: 58_700, read: between(1, 4_294_967_294), takes: "a user number above 0", description: "unprivileged user and group that the server runs as when root starts it" },
  agentTokenFile:   { flag: "--agent-token-file <file>", env: "FLOTILLA_AGENT_TOKEN_FILE", fallback: "", fallbackShown: "agent.token in the state folder", read: text, takes: "a file", description: "file that holds the agent's token" },
  joinToken:        { env: "FLOTILLA_JOIN_TOKEN", fallback: "", secret: true, read: text, takes: "a node token", description: "node token that this machine joins with (`flotilla node token`)" },
  labels:           { flag: "--labels <k=v,...>", env: "FLOTILLA_LABELS", fallback: "", fallbackShown: "none", read: labelList, takes: "labels such as zone=a,disk=ssd", description: "labels of this machine's Node, for nodeSelector" },
  reserve:          { flag: "--reserve <cpu=q,memory=q>", env: "FLOTILLA_RESERVE", fallback: "cpu=0,memory=0", read: reserved, takes: "amounts such as cpu=500m,memory=512Mi", description: "what this machine keeps for itself; placing leaves it free" },
  tlsListen:        { flag: "--tls-listen <address:port>", env: "FLOTILLA_TLS_LISTEN", fallback: "", fallbackShown: "none", read: addressAndPort, takes: "an IP address and a port such as 10.0.0.5:8701", description: "where the API listens with TLS too, for other machines" },
  serverNames:      { flag: "--server-names <names>", env: "FLOTILLA_SERVER_NAMES", fallback: "", fallbackShown: "none", read: nameList, takes: "names such as fleet.example,10.0.0.5", description: "names and addresses that others reach the API by, beside this machine's own" },
  allocatorListen:  { flag: "--allocator-listen <place>", env: "FLOTILLA_ALLOCATOR_LISTEN", fallback: "8443", fallbackShown: "port 8443 of the API's address", read: allocatorPlace, takes: "a port, an IP address and a port such as 10.0.0.5:8443, or off", description: "where Agones' allocation service listens, gRPC and REST" },
  allocatorAuth:    { flag: "--allocator-auth <how>", env: "FLOTILLA_ALLOCATOR_AUTH", fallback: "mtls", read: oneOf("mtls", "token", "none"), takes: "mtls, token or none", description: "what its clients show: a certificate, a token of scope allocate, or nothing (then anyone who reaches it allocates)" },
  allocatorTls:     { flag: "--allocator-tls <source>", env: "FLOTILLA_ALLOCATOR_TLS", fallback: "own", read: tlsSource, takes: "own, off, or a folder (./folder) with tls.crt and tls.key", description: "its certificate: of our own authority, in a folder, or off: in plain text" },
  allocatorClientCa:{ flag: "--allocator-client-ca <folder>", env: "FLOTILLA_ALLOCATOR_CLIENT_CA", fallback: "", fallbackShown: "server/client-ca in the state folder", read: text, takes: "a folder", description: "certificates that its clients, or who signed them, have (*.crt, *.pem)" },
  nodeLostAfter:    { flag: "--node-lost-after <seconds>", env: "FLOTILLA_NODE_LOST_AFTER", fallback: 30, read: between(3, 86_400), takes: "seconds from 3 to 86400", description: "silence after which a node is lost; it is not ready after a third of it" },
  historyRows:      { flag: "--history-rows <number>", env: "FLOTILLA_HISTORY_ROWS", fallback: 200_000, read: between(1_000, 50_000_000), takes: "a number from 1000 to 50000000", description: "changes of state that the history keeps (about 500 bytes each)" },
  historyDays:      { flag: "--history-days <days>", env: "FLOTILLA_HISTORY_DAYS", fallback: 30, read: between(1, 3_650), takes: "days from 1 to 3650", description: "days that the history keeps them" },
  alertWebhook:     { flag: "--alert-webhook <url>", env: "FLOTILLA_ALERT_WEBHOOK", fallback: "", fallbackShown: "none", secret: true, read: webUrl, takes: "a URL such as https://ops.example/alerts", description: "where alerts are sent, signed with alert-webhook.secret of the state folder; shows in process lists when given by this flag" },
  alertWebhookFile: { flag: "--alert-webhook-file <file>", env: "FLOTILLA_ALERT_WEBHOOK_FILE", fallback: "", fallbackShown: "none", read: text, takes: "a file", description: "file that holds that URL, for one that is a secret itself" },
  logLevel:         { flag: "--log-level <level>", env: "FLOTILLA_LOG_LEVEL", fallback: "info", read: oneOf("debug", "info", "warn", "error"), takes: "debug, info, warn or error", description: "how much the parts log" },
};
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];
export const CONFIG_FILE = "/etc/flotilla/config.yaml";
const CONFIG_FILE_ENV = "FLOTILLA_CONFIG";

export type Texts = { readonly [name: string]: string | undefined };
type Values = { -readonly [K in SettingName]?: Config[K] };

function take<K extends SettingName>(into: Values, name: K, value: string, from: string): void {
  const setting = SETTINGS[name];
  const read = setting.read(value);
  if (read === undefined) {
    const shown = setting.secret ? "a secret" : JSON.stringify(value);
    throw new FleetError("INVALID", `${from} takes ${setting.takes}, not ${shown}`);
  }
  into[name] = read;
}

function refuseUnknown(names: readonly string[], known: readonly string[], where: string): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const near = nearestName(unknown, known);
  throw new FleetError("INVALID", `${where} has no setting ${unknown}`, {
    next: near ? `did you mean ${near}?` : `known: ${known.join(", ")}`,
  });
}

/** Flag before environment before file before default. Pure: the command line's words in, a complete Config out. */
export function resolveConfig(flags: Texts, env: Texts, file: Record<string, unknown>): Config {
  const envNames = [...SETTING_NAMES.map((name) => SETTINGS[name].env), CONFIG_FILE_ENV];
  const ours = Object.keys(env).filter((name) => name.startsWith("FLOTILLA_"));
  refuseUnknown(ours, envNames, "the environment");
  refuseUnknown(Object.keys(file), SETTING_NAMES, "the configuration file");
  const values: Values = {};
  for (const name of SETTING_NAMES) {
    const { env: variable } = SETTINGS[name];
    const fromFile = file[name];
    if (flags[name] !== undefined) take(values, name, flags[name], `--${kebab(name)}`);
    else if (env[variable]) take(values, name, env[variable], variable);
    else if (fromFile !== undefined) take(values, name, String(fromFile), `${name} in the file`);
    else Object.assign(values, { [name]: SETTINGS[name].fallback });
  }
  return values as Config;
}

/** A setting's name as a flag writes it. */
export const kebab = (name: string): string => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);

function readConfigFile(path: string, mustExist: boolean): Record<string, unknown> {
  if (!mustExist && !existsSync(path)) return {};
  try {
    const read: unknown = parse(readFileSync(path, "utf8")) ?? {};
    if (isObject(read)) return read;
  } catch (error) {
    throw new FleetError(
      "INVALID",
      `cannot read the configuration file ${path}: ${messageOf(error)}`,
    );
  }
  throw new FleetError("INVALID", `the configuration file ${path} must hold names and values`);
}

/** The environment of this process; nothing else in the house reads it. */
export function environment(): Texts {
  return process.env;
}

/** `flags` are the settings that were given on the command line. */
export function readConfig(flags: Texts, env: Texts): Config {
  const named = flags.config ?? env[CONFIG_FILE_ENV];
  const file = readConfigFile(named || CONFIG_FILE, Boolean(named));
  return resolveConfig(flags, env, file);
}

/** Some settings as the words that would give them on a command line; secrets and unset ones left out. */
export function textsOf(config: Config, names: readonly SettingName[]): Record<string, string> {
  const given = names.filter((name) => {
    const { flag, secret } = SETTINGS[name];
    return flag && !secret && config[name] !== "";
  });
  return Object.fromEntries(given.map((name) => [name, String(config[name])]));
}

/** For a child process: the same settings as flags. */
export function configFlags(config: Config, names: readonly SettingName[]): string[] {
  return Object.entries(textsOf(config, names)).flatMap(([name, text]) => [
    `--${kebab(name)}`,
    text,
  ]);
}

/**
 * The environment of a child of ours: without our own variables, which have become its flags. What of its settings may be a
 * secret stays one; tokens, which have no flag, are read from files.
 */
export function childEnvironment(
  env: Texts,
  config: Config,
  names: readonly SettingName[],
): Record<string, string> {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith("FLOTILLA_"));
  const secrets = names.filter(
    (name) => SETTINGS[name].secret && SETTINGS[name].flag && config[name] !== "",
  );
  return {
    ...Object.fromEntries(kept.map(([name, value]) => [name, value ?? ""])),
    ...Object.fromEntries(secrets.map((name) => [SETTINGS[name].env, String(config[name])])),
  };
}
