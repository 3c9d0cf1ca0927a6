import type { Linux } from "../linux/linux.ts";
import { type KernelNames, vethName } from "./names.ts";

/** What a container received and sent since its network was made. */
export interface NetworkCounters {
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly receivedPackets: number;
  readonly sentPackets: number;
}

/**
 * Of every container in one read: the kernel lists all interfaces in one file. It is seen from the machine's end of the
 * pair, so that what the machine received the container sent.
 */
export class VethCounters {
  readonly #linux: Linux;
  readonly #names: KernelNames;

  constructor(options: { readonly linux: Linux; readonly names: KernelNames }) {
    this.#linux = options.linux;
    this.#names = options.names;
  }

  /** By container id; one without a network of its own is left out. */
  read(ids: readonly string[]): ReadonlyMap<string, NetworkCounters> {
    const rows = this.#rows(ids.length > 0 ? (this.#linux.readKept(DEVICES) ?? "") : "");
    const pairs = ids.flatMap((id) => {
      const row = rows.get(vethName(this.#names, id));
      return row === undefined ? [] : [[id, countersOf(row)] as const];
    });
    return new Map(pairs);
  }

  #rows(text: string): ReadonlyMap<string, string> {
    const rows = new Map<string, string>();
    for (const line of text.split("\n")) {
      const end = line.indexOf(":");
      const name = line.slice(0, end).trim();
      if (end > 0 && name.startsWith(this.#names.veths)) rows.set(name, line.slice(end + 1));
    }
    return rows;
  }
}
const DEVICES = "/proc/net/dev";

/** `bytes packets errs drop fifo frame compressed multicast`, first received, then sent. */
function countersOf(row: string): NetworkCounters {
  const [bytesIn, packetsIn, , , , , , , bytesOut, packetsOut] = row
    .trim()
    .split(/\s+/)
    .map(Number);
  return {
    receivedBytes: bytesOut ?? 0,
    sentBytes: bytesIn ?? 0,
    receivedPackets: packetsOut ?? 0,
    sentPackets: packetsIn ?? 0,
  };
}
