import { expect, it } from "vitest";
import { decideApiLeads } from "./decide-api-leads.ts";

const PLACE = { address: "10.86.0.1", host: "127.0.0.1", hostPort: 8701 };
const caller = (network: string, address: string) => ({ network, address });

it("leads those who may to where the control plane listens, network by network, in one order", () => {
  const callers = [
    caller("b/x", "10.87.4.9"),
    caller("a/x", "10.87.0.3"),
    caller("a/x", "10.87.0.2"),
  ];
  const leads = decideApiLeads(callers, PLACE);
  expect(leads).toEqual([
    {
      network: "a/x",
      sources: ["10.87.0.2", "10.87.0.3"],
      address: "10.86.0.1",
      protocol: "tcp",
      port: 8700,
      targetPort: 8701,
      isSticky: false,
      replicas: ["127.0.0.1"],
    },
    expect.objectContaining({ network: "b/x", sources: ["10.87.4.9"] }),
  ]);
  expect(decideApiLeads([...callers].reverse(), PLACE)).toEqual(leads);
});

it("leads nobody there when nobody may, or when it is on another machine", () => {
  expect(decideApiLeads([], PLACE)).toEqual([]);
  expect(decideApiLeads([caller("a/x", "10.87.0.2")], undefined)).toEqual([]);
});
