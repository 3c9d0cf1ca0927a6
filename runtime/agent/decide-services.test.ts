import { expect, it } from "vitest";
import { made } from "../../core/model/admit-inputs.ts";
import type { Service } from "../../core/model/service.ts";
import { decideServices } from "./decide-services.ts";

function service(uid: string, patch: object = {}): Service {
  const ports = [{ port: 80, targetPort: 3000, hostPort: 8080 }];
  const one = made("Service", { spec: { ports, ...patch } });
  const status = { ...one.status, address: "10.86.0.1", ports: [{ name: "80", port: 8080 }] };
  return { ...one, metadata: { ...one.metadata, uid }, status };
}
const WEB = service("web");
const LEAD = {
  network: "default/default",
  address: "10.86.0.1",
  protocol: "tcp",
  port: 80,
  targetPort: 3000,
  hostPort: 8080,
  isSticky: false,
  replicas: ["10.87.0.2", "10.87.0.3"],
};
const of = (uid: string, ...addresses: readonly string[]) =>
  addresses.map((address) => ({ service: uid, address, isReady: true }));
const late = (uid: string, ...addresses: readonly string[]) =>
  of(uid, ...addresses).map((one) => ({ ...one, isReady: false }));

it("leads each port of a service to its own replicas, in an order that only they decide", () => {
  const replicas = [
    ...of("web", "10.87.0.3"),
    ...of("other", "10.87.0.9"),
    ...of("web", "10.87.0.2"),
  ];
  expect(decideServices([WEB], replicas)).toEqual([LEAD]);
  expect(decideServices([WEB], [...replicas].reverse())).toEqual([LEAD]);
  const two = decideServices([WEB, service("a")], [...replicas, ...of("a", "10.87.0.7")]);
  expect(two.map((lead) => lead.replicas[0])).toEqual(["10.87.0.7", "10.87.0.2"]);
});
it("leads to replicas that are late only while no other is ready", () => {
  const two = late("web", "10.87.0.2", "10.87.0.3");
  const [lead] = decideServices([WEB], [...two, ...of("web", "10.87.0.4")]);
  expect(lead?.replicas).toEqual(["10.87.0.4"]);
  expect(decideServices([WEB], [...two, ...of("other", "10.87.0.9")])).toEqual([LEAD]);
});
it("leads nowhere without replicas here, or before the service has its address", () => {
  expect(decideServices([WEB], [])).toEqual([]);
  const young = { ...WEB, status: { ...WEB.status, address: "" } };
  expect(decideServices([young], of("web", "10.87.0.2"))).toEqual([]);
});
it("opens no host port that was not given to the service", () => {
  const waits = { ...WEB, status: { ...WEB.status, ports: [] } };
  const [lead] = decideServices([waits], of("web", "10.87.0.2"));
  expect(lead).toMatchObject({ port: 80 });
  expect(lead).not.toHaveProperty("hostPort");
});
it("leads to the same port of the replicas when none is named, and by source when asked to", () => {
  const ports = [{ port: 53, protocol: "UDP" }];
  const dns = service("dns", { ports, sessionAffinity: "ClientIP" });
  expect(decideServices([dns], of("dns", "10.87.0.2"))).toMatchObject([
    { protocol: "udp", port: 53, targetPort: 53, isSticky: true },
  ]);
});
