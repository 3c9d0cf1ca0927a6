import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Service } from "../../core/model/service.ts";
import { pathOf } from "../api-client.ts";
import { TestInstance } from "../testing/test-instance.ts";
import { listed } from "./look-inside.ts";

/** Until it is told to end: what is looked at meanwhile takes as long as the machine needs for it. */
const BURN = 'while (!fs.existsSync(os.tmpdir() + "/over"));';
const END = 'fs.writeFileSync(os.tmpdir() + "/over", "")';
/** Percent of the request of 20 thousandths of a core; one that burns all of its limit has 500. */
const BUSY = {
  apiVersion: "flotilla.dev/v1",
  kind: "Service",
  metadata: { name: "busy" },
  spec: {
    autoscaling: {
      maxReplicas: 2,
      cpu: { meanPercent: 250 },
      behavior: { scaleDown: { stabilizationWindowSeconds: 0 } },
    },
    ports: [{ port: 80, targetPort: 8080 }],
    template: {
      spec: {
        image: "hello",
        resources: { requests: { cpu: "20m" }, limits: { cpu: "100m", memory: "128Mi" } },
        drainSeconds: 0,
        terminationGracePeriodSeconds: 1,
      },
    },
  },
};

let instance: TestInstance;
let file: string;
beforeAll(async () => {
  instance = await TestInstance.start({ images: ["examples/service/image.yaml"] });
  file = join(instance.state, "busy.yaml");
  writeFileSync(file, JSON.stringify(BUSY));
});
afterAll(() => instance?.[Symbol.asyncDispose]());

async function untilService(isSo: (service: Service) => boolean): Promise<Service> {
  for (;;) {
    const path = pathOf({ kind: "Service", namespace: "default", name: "busy" });
    const service = (await instance.request("GET", path)).body as Service;
    if (isSo(service)) return service;
    await sleep(50);
  }
}

it("grows a service with the CPU that the kernel counted, keeps it over an apply, and shrinks it again", async () => {
  await instance.mustCli("apply", "-f", file);
  await untilService(({ status }) => status.readyReplicas === 1);
  const [one] = await listed(instance, "Container");
  const target = `container/${one?.metadata.name}`;
  const burning = instance.cli("exec", target, "--", "node", "-e", BURN);
  await untilService(({ spec }) => spec.replicas === 2);
  expect(await instance.mustCli("apply", "-f", file)).toContain("service/busy unchanged");
  const table = await instance.mustCli("get", "services");
  expect(table).toMatch(/busy +2 +[12] .* 1\.\.2 at mean 250%/);
  const described = () => instance.mustCli("describe", "service", "busy");
  const wants = /between 1 and 2 replicas, wants 2, found [12], scaled \d+s ago/;
  await expect.poll(described, { timeout: 30_000 }).toMatch(wants);
  const told = await described();
  expect(told).toMatch(/ScaleUp +from 1 to 2 replicas: CPU mean of \d{3}% for a target of 250%/);
  await instance.mustCli("exec", target, "--", "node", "-e", END);
  await burning;
  await untilService(({ spec, status }) => spec.replicas === 1 && status.replicas === 1);
  const events = await instance.mustCli("describe", "service", "busy");
  expect(events).toMatch(/ScaleDown +from 2 to 1 replicas: CPU mean of \d+% for a target of 250%/);
});
