import { FleetError } from "../../core/std/errors.ts";

/** A block of addresses: `base` is its first address as a number, `prefix` the bits that its addresses share. */
export interface Subnet {
  readonly base: number;
  readonly prefix: number;
}

const NUMBER = /^(0|[1-9]\d{0,2})$/;

/** The number of a dotted address, or undefined when it is none. */
export function parseAddress(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => NUMBER.test(part) && Number(part) < 256))
    return undefined;
  return parts.reduce((address, part) => address * 256 + Number(part), 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

export function sizeOf(subnet: Subnet): number {
  return 2 ** (32 - subnet.prefix);
}

/** INVALID when `text` is no CIDR, or has bits set behind its prefix. */
export function parseSubnet(text: string): Subnet {
  const [address = "", prefixText = "", ...rest] = text.split("/");
  const base = parseAddress(address);
  const prefix = Number(prefixText);
  if (base === undefined || !/^\d{1,2}$/.test(prefixText) || prefix > 32 || rest.length > 0)
    throw new FleetError("INVALID", `${text} is not a subnet such as 10.87.0.0/16`);
  const first = base - (base % 2 ** (32 - prefix));
  if (first !== base)
    throw new FleetError(
      "INVALID",
      `${text} is not a subnet: did you mean ${formatAddress(first)}/${prefix}`,
    );
  return { base, prefix };
}

export function formatSubnet({ base, prefix }: Subnet): string {
  return `${formatAddress(base)}/${prefix}`;
}

export function overlap(a: Subnet, b: Subnet): boolean {
  return a.base < b.base + sizeOf(b) && b.base < a.base + sizeOf(a);
}

export function contains(subnet: Subnet, address: number): boolean {
  return address >= subnet.base && address < subnet.base + sizeOf(subnet);
}
