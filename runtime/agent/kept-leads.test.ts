import { expect, it } from "vitest";
import type { ServiceLead } from "../network/services.ts";
import { KeptLeads } from "./kept-leads.ts";

/** A kernel that does one change after the other, each when it is let. */
class Kernel {
  leads: readonly ServiceLead[] | undefined;
  readonly waiting: (PromiseWithResolvers<void> & { readonly leads: readonly ServiceLead[] })[] =
    [];

  set(leads: readonly ServiceLead[]): Promise<void> {
    const one = { ...Promise.withResolvers<void>(), leads };
    this.waiting.push(one);
    return one.promise;
  }

  async next(failure?: Error): Promise<void> {
    const one = this.waiting.shift();
    if (!one) throw new Error("nothing was asked for");
    this.leads = one.leads;
    if (failure) one.reject(failure);
    else one.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const to = (...replicas: readonly string[]): readonly ServiceLead[] => [
  {
    ...({ network: "default/lab", address: "10.86.0.1", protocol: "tcp", port: 80 } as const),
    ...{ targetPort: 80, isSticky: false, replicas },
  },
];
function opened() {
  const kernel = new Kernel();
  const leads = new KeptLeads((wanted) => kernel.set(wanted));
  const done: string[] = [];
  const become = (...replicas: readonly string[]): void =>
    void leads.become(to(...replicas)).then(
      () => done.push(replicas.join()),
      (error: Error) => done.push(error.message),
    );
  return { kernel, become, done };
}

it("asks for what is there already only once", async () => {
  const { kernel, become, done } = opened();
  become("a");
  become("a");
  expect(kernel.waiting).toHaveLength(1);
  await kernel.next();
  become("a");
  expect(kernel.waiting).toHaveLength(0);
  await expect.poll(() => done).toEqual(["a", "a", "a"]);
});

it("takes back what is on its way when that is not wanted any more", async () => {
  const { kernel, become, done } = opened();
  become("a");
  await kernel.next();
  become("a", "b");
  become("a");
  expect(done).toEqual(["a"]);
  await kernel.next();
  expect(done).toEqual(["a", "a,b"]);
  await kernel.next();
  expect([kernel.leads, done]).toEqual([to("a"), ["a", "a,b", "a"]]);
});

it("tells the kernel again after a failure, whatever it had told before", async () => {
  const { kernel, become, done } = opened();
  become("a");
  await kernel.next();
  become("a", "b");
  await kernel.next(new Error("the shim was killed"));
  become("a");
  expect(kernel.waiting).toHaveLength(1);
  await kernel.next();
  expect([kernel.leads, done]).toEqual([to("a"), ["a", "the shim was killed", "a"]]);
});
