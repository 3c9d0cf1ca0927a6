import { systemClock } from "../../core/std/clock.ts";
import { lockFolder } from "../../store/journal/lock.ts";
import { ApiClient, readToken } from "../api-client.ts";
import { applyDocuments } from "../apply-documents.ts";
import { buildImages, imageFilesIn } from "../build-images.ts";
import { readDocuments } from "../commands/apply.ts";
import type { Config } from "../config.ts";
import { sharedPorts } from "../doctor/other-instances.ts";
import type { Io } from "../io.ts";
import { makeSecrets, readSecretWishes, secretFilesIn } from "../make-secrets.ts";
import { compileShim } from "../shim-folder.ts";
import { bringForward } from "../state/bring-forward.ts";
import type { ChildKeeper } from "./child-keeper.ts";
import { cleanUp } from "./clean-up.ts";
import { tellFirstAdmin } from "./first-admin.ts";
import { startAgent, startServer } from "./parts.ts";
import { Progress } from "./progress.ts";
import { writeRunRecord } from "./run-record.ts";
import { openStateFolder } from "./state-folder.ts";
import { firstFleet, openServices, ownName, summaryText } from "./summary.ts";
import { type Patience, waitForApi, waitForFleets, waitForNode, waitForService } from "./wait.ts";

/**
 * SIGINT is a person's Ctrl-C and means `down`; TERM, HUP (and any crash) leave the containers running; USR2 too, and the
 * program that is installed now takes this process over.
 */
export type Ending = "down" | "stop" | "replace";

export interface UpOptions {
  readonly config: Config;
  readonly io: Io;
  /** Applied when everything is up. */
  readonly files: readonly string[];
  /** Aborted with an Ending as its reason. */
  readonly ending: AbortSignal;
  readonly say: (line: string) => void;
  /** Called when the state folder is this process's. */
  readonly onLocked: () => Promise<void>;
  /** Called when the server answers. */
  readonly onServing: () => Promise<void>;
  /** Says what no log may keep; false when nobody is there to read it. */
  readonly whisper: (line: string) => boolean;
  /** Called when everything that was asked for is there. */
  readonly onReady: () => Promise<void>;
}

/** How `up` ends after `down` where a supervisor would start it again for any other end: the unit says so. */
export const DOWN_EXIT = 75;
const STOP_GRACE_MS = 10_000;
/** Longer than a game server's own grace. */
const DOWN_GRACE_MS = 60_000;
const PATIENCE: Patience = { clock: systemClock, pauseMs: 50, patienceMs: 60_000 };

/** Runs server and agent of this machine until it is told to end; returns when both have ended. */
export async function up(options: UpOptions): Promise<void> {
  const { config, io, ending, say } = options;
  const progress = new Progress({ say, now: () => systemClock.monotonic() });
  const isRoot = process.getuid?.() === 0;
  const { path, instance } = openStateFolder(config.state, isRoot ? config.serverUid : undefined);
  using _lock = lockFolder(path);
  await options.onLocked();
  const documents = options.files.length > 0 ? await readDocuments(options.files, io.stdin) : [];
  const secrets = readSecretWishes(secretFilesIn(options.files));
  const brought = await bringForward(path);
  if (brought) progress.note(brought);
  await writeRunRecord(config);
  progress.done(`state folder ${path} (instance ${instance})`);
  const shared = sharedPorts(config);
  if (shared) progress.note(`warning: ${shared}: give this one its own by --port-range MIN-MAX`);

  const compiled = await compileShim(config);
  if (compiled) progress.done(compiled);
  for await (const { reference, cached } of buildImages(path, imageFilesIn(options.files)))
    if (!cached) progress.done(`image ${reference} built`);
  const onRestart = (sentence: string): void => progress.note(sentence);
  const keepers: ChildKeeper[] = [];
  try {
    const server = startServer({ config, io, onRestart });
    keepers.push(server);
    const token = (): string => readToken({ ...config, token: "", tokenFile: "" });
    const api = new ApiClient({ url: urlOf(config), token });
    // The server makes the tokens: there is none to ask with before it is ready.
    await orEnded(
      ending,
      server.ready.then(() => waitForApi(api, PATIENCE, ending)),
    );
    progress.done(`server answers on ${urlOf(config)}`);
    await options.onServing();

    const agent = startAgent({ config: { ...config, api: urlOf(config) }, io, onRestart });
    keepers.push(agent);
    const node = waitForNode(api, config.node, PATIENCE, ending);
    const [, { driver, isolation, address }] = await orEnded(
      ending,
      Promise.all([agent.ready, node]),
    );
    progress.done(`node ${config.node} is ready (${driver}: ${isolation})`);

    for await (const { name, made } of makeSecrets(path, config.namespace, secrets))
      if (made) progress.done(`secret ${name} made`);
    await applyAll(api, options, documents, progress);
    const fleet = firstFleet(documents, config.namespace);
    const services = openServices(documents, address);
    const name = ownName(process.argv[1]);
    say(summaryText({ config, url: urlOf(config), isolation, env: io.env, fleet, services, name }));
    await orEnded(ending, tellFirstAdmin(api, name, options));
    await options.onReady();
    // It may have been told to end while it said that it is ready.
    if (!ending.aborted)
      await new Promise((resolve) => ending.addEventListener("abort", resolve, { once: true }));
  } catch (error) {
    if (!ending.aborted) {
      await endAll(keepers, "stop");
      throw error;
    }
  }
  const isClean = await endAll(keepers, ending.reason as Ending);
  if (!isClean) await cleanUp({ ...config, api: urlOf(config) }, io);
  say(
    ending.reason === "down"
      ? "✓ down: game servers stopped, what is stored stays"
      : "✓ stopped: game servers go on",
  );
}

async function applyAll(
  api: ApiClient,
  { config, ending, say }: UpOptions,
  documents: Awaited<ReturnType<typeof readDocuments>>,
  progress: Progress,
): Promise<void> {
  if (documents.length === 0) return;
  const { namespace } = config;
  const warn = (line: string): void => progress.note(`warning: ${line}`);
  await applyDocuments({
    api,
    documents,
    namespace,
    fieldValidation: "Strict",
    dryRun: false,
    say: (line) => progress.done(line),
    warn,
  });
  for (const { kind, value } of documents) {
    if (kind !== "Fleet" && kind !== "Service") continue;
    const wait = kind === "Fleet" ? waitForFleets : waitForService;
    const { name, namespace: own } = value.metadata as { name: string; namespace?: string };
    const which = { name, namespace: own ?? namespace, node: config.node };
    const found = await wait(api, which, PATIENCE, ending);
    if (found.isReady) progress.done(found.sentence);
    else say(`· ${found.sentence}`);
  }
}

/**
 * The server goes first: what stops afterwards must not look like failures that it has to mend. False when there is
 * something left to take down: the agent was between two lives just then, or died over it.
 */
async function endAll(keepers: readonly ChildKeeper[], how: Ending): Promise<boolean> {
  const [server, agent] = keepers;
  if (how === "down") {
    await server?.end("stop", STOP_GRACE_MS);
    return (await agent?.end("down", DOWN_GRACE_MS)) ?? true;
  }
  await Promise.all(keepers.map((keeper) => keeper.end("stop", STOP_GRACE_MS)));
  return true;
}

/** What `promise` gives, unless the end comes first. */
async function orEnded<T>(ending: AbortSignal, promise: Promise<T>): Promise<T> {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(ending.reason);
  if (ending.aborted) stop();
  ending.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([promise, ended]);
  } finally {
    ending.removeEventListener("abort", stop);
  }
}

/** Where this machine itself reaches the API. */
export function urlOf({ listen, port }: Pick<Config, "listen" | "port">): string {
  const anywhere = listen === "0.0.0.0" || listen === "::";
  const host = anywhere ? "127.0.0.1" : listen.includes(":") ? `[${listen}]` : listen;
  return `http://${host}:${port}`;
}
