import { expect, it } from "vitest";
import { FleetError } from "../../core/std/errors.ts";
import { firstAdmin } from "./first-admin.ts";

const answering = (request: () => Promise<{ body: unknown; warnings: [] }>) => ({
  url: "http://127.0.0.1:8700",
  request,
});

it("tells a person the link, a log the command, and nothing when there is an admin", async () => {
  const body = { welcome: "abc", expiresAt: "2026-01-02T00:00:00Z" };
  const made = await firstAdmin(
    answering(async () => ({ body, warnings: [] })),
    "flotilla",
  );
  expect(made.toPerson).toContain("\n  http://127.0.0.1:8700/#/welcome/abc\n");
  expect(made.toLog).toContain("`flotilla user link`");
  expect(made.toLog).not.toContain("abc");
  const failing = (code: "FAILED_PRECONDITION" | "STORAGE_FULL") =>
    answering(() => Promise.reject(new FleetError(code, "no")));
  expect(await firstAdmin(failing("FAILED_PRECONDITION"), "flotilla")).toEqual({});
  expect((await firstAdmin(failing("STORAGE_FULL"), "flotilla")).toLog).toContain("warning");
});
