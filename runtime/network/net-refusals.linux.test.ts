import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isFleetError } from "../../core/std/errors.ts";
import { seededRandom } from "../../core/std/random.ts";
import { encodeMessage, type FieldIn } from "../shim/message.ts";
import { OP, TAG } from "../shim/protocol.ts";
import { NetLab } from "./net-lab.ts";

let lab: NetLab;

beforeAll(async () => {
  lab = await NetLab.open("ab12");
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});

describe("the shim's network part refuses, and changes nothing", () => {
  it.each([
    ["a bridge that is not of this instance", OP.NET_BRIDGE_REMOVE, [[TAG.NET_BRIDGE, "eth0"]]],
    ["a name with a path in it", OP.NET_BRIDGE_REMOVE, [[TAG.NET_BRIDGE, "fltab12../"]]],
    ["a name that is too long", OP.NET_BRIDGE_REMOVE, [[TAG.NET_BRIDGE, "fltab120123456789abc"]]],
    ["no name", OP.NET_BRIDGE_REMOVE, []],
    ["a container id that is no number", OP.NET_DETACH, [[TAG.ID, "zzzzzzzzzzzz"]]],
    ["a port that is no record", OP.NET_PORTS_ADD, [[TAG.NET_PORT, "udp"]]],
    ["a ruleset for another table", OP.NET_TABLE, [[TAG.NET_TEXT, "add table inet filter"]]],
    ["a deletion", OP.NET_TABLE, [[TAG.NET_TEXT, "delete table inet flotilla_ab12"]]],
    [
      "a second command behind a semicolon",
      OP.NET_TABLE,
      [[TAG.NET_TEXT, "add rule inet flotilla_ab12 input accept; flush ruleset"]],
    ],
    [
      "a second command behind a definition",
      OP.NET_TABLE,
      [[TAG.NET_TEXT, "add set inet flotilla_ab12 x { type ipv4_addr; } ; flush ruleset"]],
    ],
    ["an include", OP.NET_TABLE, [[TAG.NET_TEXT, 'include "/etc/passwd"']]],
    ["an unknown operation", 299, []],
  ] as const)("%s", async (_, op, fields) => {
    await expect(lab.net(op, fields)).rejects.toThrow(/./);
    expect(await lab.inside(lab.host, ["nft", "list", "ruleset"])).toBe("");
  });
  it.each([
    ["another protocol", "icmp", 7000, "11.11.11.2", 7654],
    ["host port 0", "udp", 0, "11.11.11.2", 7654],
    ["host port 65536", "udp", 65536, "11.11.11.2", 7654],
    ["no address", "udp", 7000, "11.11.11", 7654],
    ["a loopback address", "udp", 7000, "127.0.0.1", 7654],
    ["a multicast address", "udp", 7000, "224.0.0.1", 7654],
    ["container port 0", "udp", 7000, "11.11.11.2", 0],
  ])("a port with %s", async (_, protocol, hostPort, address, containerPort) => {
    const record = [
      [TAG.NET_PROTOCOL, protocol],
      [TAG.NET_HOST_PORT, hostPort],
      [TAG.NET_ADDRESS, address],
      [TAG.NET_CONTAINER_PORT, containerPort],
    ] as const;
    await expect(lab.net(OP.NET_PORTS_ADD, [[TAG.NET_PORT, record]])).rejects.toSatisfy((error) =>
      isFleetError(error, "INVALID"),
    );
  });
});

it("answers thousands of broken messages, and nobody else's table or interface changes", async () => {
  const random = seededRandom(20_871);
  const below = (count: number): number => random.integer(0, count - 1);
  const record: FieldIn = [
    TAG.NET_PORT,
    [
      [TAG.NET_PROTOCOL, "udp"],
      [TAG.NET_HOST_PORT, 7000],
      [TAG.NET_ADDRESS, "11.11.11.2"],
      [TAG.NET_CONTAINER_PORT, 7654],
    ],
  ];
  const parts: readonly FieldIn[] = [
    [TAG.NET_BRIDGE, "fltab120"],
    [TAG.NET_ADDRESS, "11.11.11.1"],
    [TAG.NET_PREFIX, 24],
    [TAG.NET_MTU, 1500],
    [TAG.ID, "a10000000000"],
    [TAG.NET_VETH, "fvab12a10000000"],
    [
      TAG.NET_TEXT,
      "add table inet flotilla_ab12\nadd set inet flotilla_ab12 x { type ipv4_addr; }",
    ],
    record,
  ];
  const ops = [200, 201, 202, 203, 204, 205, 206, 207, 208, 209];
  const links = await lab.inside(lab.host, ["ip", "-br", "link"]);
  for (let i = 0; i < 3000; i++) {
    const fields = Array.from({ length: below(6) }, () => parts[below(parts.length)] ?? record);
    const whole = encodeMessage(0, 0, fields).subarray(12);
    for (let flips = below(4); flips > 0 && whole.length > 0; flips--)
      whole[below(whole.length)] = below(256);
    await lab.raw(ops[below(ops.length)] ?? 200, whole);
  }
  const tables = await lab.inside(lab.host, ["nft", "list", "tables"]);
  expect(
    tables.split("\n").filter((line) => !/^(table (inet|bridge) flotilla_ab12)?$/.test(line)),
  ).toEqual([]);
  const now = await lab.inside(lab.host, ["ip", "-br", "link"]);
  const strangers = now.split("\n").filter((line) => !line.startsWith("fltab120 "));
  expect(strangers.join("\n")).toBe(links);
});
