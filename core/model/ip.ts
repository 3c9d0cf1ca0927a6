/** The four parts of a dotted address as one number; undefined when it is none (no leading zeros). */
export function ipv4ToNumber(text: string): number | undefined {
  const parts = text.split(".");
  const isRight =
    parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && +part < 256);
  return isRight ? parts.reduce((number, part) => number * 256 + Number(part), 0) : undefined;
}

/** The reverse of it. */
export function ipv4FromNumber(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

export function isIpv4(text: string): boolean {
  return ipv4ToNumber(text) !== undefined;
}

/** Eight groups of hexadecimal digits, `::` once for zeros, the last two perhaps as IPv4. */
export function isIpv6(text: string): boolean {
  if (text.length > 45) return false;
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const last = groups.at(-1) ?? "";
  const isMixed = last.includes(".") && isIpv4(last);
  const plain = isMixed ? groups.slice(0, -1) : groups;
  const count = plain.length + (isMixed ? 2 : 0);
  const fits = halves.length === 2 ? count <= 7 : count === 8;
  return fits && plain.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group));
}

export interface Cidr {
  readonly address: number;
  readonly prefix: number;
}

/** `11.11.11.0/24`; undefined when it is no network address (bits set beyond the prefix) or too wide or narrow. */
export function parseCidr(text: string): Cidr | undefined {
  const [ip = "", bits = "", ...more] = text.split("/");
  const address = ipv4ToNumber(ip);
  const prefix = /^\d{1,2}$/.test(bits) ? Number(bits) : Number.NaN;
  if (address === undefined || more.length > 0 || !(prefix >= 8 && prefix <= 30)) return undefined;
  return address % 2 ** (32 - prefix) === 0 ? { address, prefix } : undefined;
}
