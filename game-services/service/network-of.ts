import { isIPv6 } from "node:net";

const GROUPS = 8;
/** What a provider gives to one household, at the least. */
const HOUSEHOLD_GROUPS = 4;

/**
 * What stands for whoever has an address: an IPv4 address itself, of an IPv6 address its first 64 bits, because nobody
 * has less than all the rest. Pure.
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [before = "", after] = (address.split("%")[0] ?? "").split("::");
  const [first, last] = [groupsOf(before), groupsOf(after ?? "")];
  const zeros = Array<string>(Math.max(0, GROUPS - first.length - last.length)).fill("0");
  const network = [...first, ...zeros, ...last].slice(0, HOUSEHOLD_GROUPS);
  return `${network.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}

function groupsOf(text: string): readonly string[] {
  return text.split(":").filter((group) => group !== "");
}
