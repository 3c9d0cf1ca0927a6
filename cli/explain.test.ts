import { describe, expect, it } from "vitest";
import { FleetError } from "../core/std/errors.ts";
import { errorOfStatus } from "./api-client.ts";
import { errorText, explain } from "./explain.ts";

describe("an error on the command line", () => {
  it("names cause and next step, and each problem on a line of its own", () => {
    const problems = [
      { path: "spec.replicas", message: "must be at least 0, not -1" },
      { path: "", message: "and so on" },
    ];
    const text = errorText(new FleetError("INVALID", "the fleet is not valid", { problems }));
    expect(text.split("\n")).toEqual([
      "error: the fleet is not valid",
      "  - spec.replicas: must be at least 0, not -1",
      "  - and so on",
      "next:  correct it and try again",
      "",
    ]);
  });

  it("says nothing twice when the message tells the problems too", () => {
    const problem = (path: string) => ({ path, message: "is wrong" });
    const told = (...paths: string[]) => {
      const message = `Fleet "a" is invalid: ${paths.map((path) => `${path}: is wrong`).join("; ")}`;
      return errorText(new FleetError("INVALID", message, { problems: paths.map(problem) }));
    };
    expect(told("x").split("\n").slice(0, -2)).toEqual([
      'error: Fleet "a" is invalid: x: is wrong',
    ]);
    expect(told("x", "y").split("\n").slice(0, -2)).toEqual([
      'error: Fleet "a" is invalid',
      "  - x: is wrong",
      "  - y: is wrong",
    ]);
  });

  it("prefers the next step that the error itself knows", () => {
    expect(explain(new FleetError("INVALID", "no", { next: "did you mean yes?" })).next).toBe(
      "did you mean yes?",
    );
  });

  it.each([
    ["INVALID", 2],
    ["FORBIDDEN", 4],
    ["NOT_FOUND", 5],
    ["EXHAUSTED", 7],
    ["UNAVAILABLE", 8],
  ] as const)("leaves with the exit code of %s", (code, exit) => {
    expect(explain(new FleetError(code, "x")).exit).toBe(exit);
  });

  it("calls what nobody expected a bug, with exit code 1", () => {
    expect(explain(new Error("boom"))).toMatchObject({ cause: "boom", exit: 1 });
  });
});

describe("errorOfStatus", () => {
  it("brings the API's problems back with their paths", () => {
    const causes = [{ reason: "FieldValueInvalid", field: "spec.x", message: "is wrong" }];
    const error = errorOfStatus(422, { reason: "Invalid", message: "bad", details: { causes } });
    expect(error.code).toBe("INVALID");
    expect(error.details).toEqual({ problems: [{ path: "spec.x", message: "is wrong" }] });
  });

  it.each([
    [409, "AlreadyExists", "ALREADY_EXISTS"],
    [409, "Conflict", "CONFLICT"],
    [404, "", "NOT_FOUND"],
    [418, "", "INTERNAL"],
  ])("knows %i %s as %s", (status, reason, code) => {
    expect(errorOfStatus(status, { reason, message: "m" }).code).toBe(code);
  });
});
