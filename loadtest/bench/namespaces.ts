import { execFileSync } from "node:child_process";

const ip = (...words: readonly string[]): void => {
  execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });
};

/** A machine of the bench's own: a network namespace with a cable to the host, which routes for it. */
export class OwnMachine implements Disposable {
  readonly name: string;
  readonly address: string;

  /** `host` is the host's end of the cable, `address` the machine's, both in one /24. */
  constructor(name: string, host: string, address: string) {
    this.name = name;
    this.address = address;
    ip("netns", "add", name);
    ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name);
    ip("addr", "add", `${host}/24`, "dev", name);
    ip("link", "set", name, "up");
    ip("-n", name, "link", "set", "lo", "up");
    ip("-n", name, "addr", "add", `${address}/24`, "dev", "eth0");
    ip("-n", name, "link", "set", "eth0", "up");
    ip("-n", name, "route", "add", "default", "via", host);
  }

  /** The words that run a program there. */
  inside(...argv: readonly string[]): readonly string[] {
    return ["netns", "exec", this.name, ...argv];
  }

  [Symbol.dispose](): void {
    ip("netns", "delete", this.name);
  }
}
