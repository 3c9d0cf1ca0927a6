import { expect, it } from "vitest";
import { NODE } from "../fleet/controller/controllers.fixture.ts";
import { nodeStatusFrom, reportsFrom, sdkCallsFrom } from "./link-input.ts";

const subject = { kind: "GameServer", namespace: "default", name: "a", uid: "u" };
const call = { subject, id: "1", verb: "ready" };
const report = { subject, seen: "exited", id: "1", finishedAt: "2026-01-01T00:00:00Z" };

it.each([
  ["annotation", { key: "a", value: null }, "value"],
  ["label", { key: "a", value: null }, "value"],
  ["addValue", { name: "players", value: null }, "value"],
  ["counter", { name: "rooms", capacity: null }, "capacity"],
  ["list", { name: "players", values: null }, "values"],
  ["reserve", { seconds: null }, "seconds"],
])("refuses %s with null where a value belongs, by its place", (verb, more, field) => {
  const calls = [call, { ...call, verb, ...more }];
  expect(() => sdkCallsFrom({ calls })).toThrow(`calls[1].${field} must be left out`);
});

it("takes a report's times as times only, and what it does not know as it comes", () => {
  expect(reportsFrom({ reports: [{ ...report, newer: null }] })).toHaveLength(1);
  for (const finishedAt of ["yesterday", "", null])
    expect(() => reportsFrom({ reports: [report, { ...report, finishedAt }] })).toThrow(
      "reports[1].finishedAt must be",
    );
});

it("refuses a reservation that no calendar holds", () => {
  const reserve = { ...call, verb: "reserve", seconds: 1e15 };
  expect(() => sdkCallsFrom({ calls: [reserve] })).toThrow("calls[0].seconds must be");
});

it("takes a range of ports that has a port, and both ends of it", () => {
  const range = (portRange: object) => nodeStatusFrom({ ...NODE, portRange });
  expect(range({ min: 8000, max: 8000 }).portRange).toEqual({ min: 8000, max: 8000 });
  expect(() => range({ min: 9000, max: 8000 })).toThrow(
    "status.portRange must begin before it ends, found 9000-8000",
  );
  for (const missing of [{}, { min: 7000 }, { min: 7000, max: null }])
    expect(() => range(missing)).toThrow("status.portRange must");
});
