import { overlap, parseSubnet, type Subnet } from "./ipv4.ts";

/** Where the host already sends packets of a subnet. */
export interface HostRoute {
  readonly interface: string;
  readonly subnet: Subnet;
}

/** `/proc/net/route` writes addresses as the machine keeps them: the first byte of the address is the last pair. */
function fromKernelHex(hex: string): number {
  const bytes = hex.match(/../g) ?? [];
  return bytes.reduceRight((address, byte) => address * 256 + Number.parseInt(byte, 16), 0);
}

function prefixOf(mask: number): number {
  return 32 - Math.log2(2 ** 32 - mask);
}

/**
 * The routes in the text of `/proc/net/route`, but for the default route (it leads everywhere and overlaps nothing) and
 * those over interfaces whose name begins with `ownPrefix`.
 */
export function parseHostRoutes(text: string, ownPrefix: string): HostRoute[] {
  return text
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t").map((word) => word.trim()))
    .filter((words) => words.length >= 8 && !words[0]?.startsWith(ownPrefix))
    .map((words) => ({
      interface: words[0] ?? "",
      subnet: {
        base: fromKernelHex(words[1] ?? ""),
        prefix: prefixOf(fromKernelHex(words[7] ?? "")),
      },
    }))
    .filter(({ subnet }) => subnet.prefix > 0);
}

/** The first host route that `subnet` would take packets from. 127/8 and 169.254/16 belong to every machine. */
export function takenBy(subnet: Subnet, routes: readonly HostRoute[]): HostRoute | undefined {
  const always: HostRoute[] = [
    { interface: "lo", subnet: parseSubnet("127.0.0.0/8") },
    { interface: "every interface", subnet: parseSubnet("169.254.0.0/16") },
  ];
  return [...always, ...routes].find((route) => overlap(subnet, route.subnet));
}
