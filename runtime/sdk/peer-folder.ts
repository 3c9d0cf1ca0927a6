import { type FSWatcher, watch } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SdkPeer } from "../../core/model/sdk-peer.ts";
import type { Clock } from "../../core/std/clock.ts";
import { messageOf } from "../../core/std/errors.ts";
import { isObject } from "../../core/std/json.ts";
import type { Logger } from "../../core/std/logger.ts";

export interface PeerFolderOptions {
  /** May be relative; may not exist yet. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Two scans are at least this far apart, however many strangers knock. */
  readonly scanGapMs: number;
  /** A scan without cause, for what the kernel's notices missed. */
  readonly scanEveryMs: number;
  /** Files beyond this are not read. */
  readonly peersMax: number;
  /** Called again when a file says something else. */
  readonly onPeer: (id: string, peer: SdkPeer) => void;
  readonly onGone: (id: string) => void;
}

/**
 * The game servers of this machine: `<container id>.json`, written by rename and never changed in place. Notices of the
 * kernel start a scan; a scan reads only files that it has not seen.
 */
export class PeerFolder implements Disposable {
  readonly #options: PeerFolderOptions;
  /** The text of each file as it was read: a late notice about a file that says the same changes nothing. */
  readonly #known = new Map<string, string>();
  readonly #stop = new AbortController();
  readonly #replaced = new Set<string>();
  #watcher: FSWatcher | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #scannedAt = Number.NEGATIVE_INFINITY;

  constructor(options: PeerFolderOptions) {
    this.#options = options;
  }

  /** Reads what is there, then follows the folder until disposed. */
  async open(): Promise<void> {
    await this.scan();
    void this.#scanNowAndThen();
  }

  /** Resolves after a scan that began after this call; calls that come together share it. */
  scan(): Promise<void> {
    this.#next ??= this.#scanSoon();
    return this.#next;
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
    this.#watcher?.close();
  }

  async #scanSoon(): Promise<void> {
    const { clock, scanGapMs } = this.#options;
    await this.#running;
    const wait = this.#scannedAt + scanGapMs - clock.monotonic();
    if (wait > 0) await clock.sleep(wait, this.#stop.signal).catch(() => undefined);
    this.#next = undefined;
    if (this.#stop.signal.aborted) return;
    this.#watchFolder();
    this.#scannedAt = clock.monotonic();
    this.#running = this.#scanNow();
    await this.#running;
  }

  async #scanNow(): Promise<void> {
    const { folder, peersMax, logger } = this.#options;
    const names = await readdir(folder).catch((): string[] => {
      // Not there yet, or made anew: the agent makes it, and what was watched is not it.
      this.#loseWatcher();
      return [];
    });
    const files = names.filter((name) => name.endsWith(".json"));
    if (files.length > peersMax)
      logger.warn({ files: files.length, peersMax }, "there are more peers than are served");
    const present = new Set(files.slice(0, peersMax).map((name) => name.slice(0, -".json".length)));
    for (const id of this.#known.keys()) if (!present.has(id)) this.#forget(id);
    const replaced = new Set(this.#replaced);
    this.#replaced.clear();
    for (const id of present) if (!this.#known.has(id) || replaced.has(id)) await this.#read(id);
  }

  async #read(id: string): Promise<void> {
    const { folder, logger, onPeer } = this.#options;
    try {
      const text = await readFile(join(folder, `${id}.json`), "utf8");
      if (this.#known.get(id) === text) return;
      const peer = peerOf(text);
      this.#known.set(id, text);
      onPeer(id, peer);
    } catch (error) {
      // Read again with the next scan: it may have gone meanwhile, or be repaired.
      logger.warn({ peer: id, error: messageOf(error) }, "a peer file cannot be read");
    }
  }

  #forget(id: string): void {
    this.#known.delete(id);
    this.#options.onGone(id);
  }

  #watchFolder(): void {
    if (this.#watcher) return;
    try {
      this.#watcher = watch(this.#options.folder, (_, name) => this.#noticed(name));
      this.#watcher.on("error", () => this.#loseWatcher());
    } catch {
      // No such folder yet; the next scan tries again.
    }
  }

  #noticed(name: string | null): void {
    if (name?.endsWith(".json")) this.#replaced.add(name.slice(0, -".json".length));
    void this.scan();
  }

  #loseWatcher(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  async #scanNowAndThen(): Promise<void> {
    const { clock, scanEveryMs } = this.#options;
    while (!this.#stop.signal.aborted) {
      const waitMs = this.#watcher ? scanEveryMs : Math.min(scanEveryMs, FOLDER_WAIT_MS);
      await clock.sleep(waitMs, this.#stop.signal).catch(() => undefined);
      await this.scan();
    }
  }
}

/** How often a folder that is not there is looked for. */
const FOLDER_WAIT_MS = 50;

/** Reads a peer file; throws with a sentence when it is none. */
export function peerOf(text: string): SdkPeer {
  const value: unknown = JSON.parse(text);
  const { subject, listen, health, startedAt, source } = isObject(value) ? value : {};
  const isPeer =
    isObject(subject) &&
    [subject.namespace, subject.name, subject.uid].every((s) => typeof s === "string") &&
    isObject(listen) &&
    typeof listen.address === "string" &&
    [listen.grpcPort, listen.httpPort].every(isPort) &&
    isObject(health) &&
    typeof startedAt === "number" &&
    (source === undefined || typeof source === "string");
  if (!isPeer)
    throw new Error("it is not a peer: subject, listen, health and startedAt are needed");
  return value as SdkPeer & Record<string, unknown>;
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535;
}
