import { describe, expect, it } from "vitest";
import { decidePortMaps, type PortLead } from "./port-maps.ts";

const lead = (hostPort: number, address: string, protocol: "udp" | "tcp" = "udp"): PortLead => {
  return { protocol, hostPort, address, containerPort: 7654 };
};
const A = "10.87.0.2";
const B = "10.87.0.3";

describe("port maps", () => {
  it.each([
    ["stay when they are right", [lead(1, A)], [lead(1, A)], [], []],
    ["are added when they are missing", [lead(1, A)], [], [lead(1, A)], []],
    ["are deleted when nobody wants them", [], [lead(1, A)], [], [lead(1, A)]],
    ["are replaced when they lead elsewhere", [lead(1, B)], [lead(1, A)], [lead(1, B)], []],
    ["differ by protocol", [lead(1, A), lead(1, B, "tcp")], [lead(1, A)], [lead(1, B, "tcp")], []],
  ])("%s, and every change is flushed", (_, wanted, found, add, gone) => {
    const flush = [...add, ...gone.map(({ protocol, hostPort }) => ({ protocol, hostPort }))];
    expect(decidePortMaps(wanted, found)).toEqual({ add, delete: gone, flush });
  });
});
