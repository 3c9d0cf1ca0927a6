import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readStamp, STAMP_FILE } from "../state/stamp.ts";
import { STATE_STEPS } from "../state/steps.ts";
import { openStateFolder, readMark } from "./state-folder.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "state-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const modeOf = (name: string): string => (statSync(join(folder, name)).mode & 0o777).toString(8);

describe("openStateFolder", () => {
  it("keeps what only one part may see away from the others", () => {
    openStateFolder(folder, undefined);
    expect(["server", "secrets", "logs", "agent"].map(modeOf)).toEqual([
      "700",
      "700",
      "700",
      "700",
    ]);
    expect(modeOf(".")).toBe("711");
  });

  it("gives the instance one id for ever", () => {
    const { instance } = openStateFolder(folder, undefined);
    expect(instance).toMatch(/^[0-9a-f]{4}$/);
    expect(openStateFolder(folder, undefined).instance).toBe(instance);
    expect(readMark(folder)).toEqual({ instance });
  });

  it("has the present format when it is new, and none when it is of a release before there were formats", () => {
    openStateFolder(folder, undefined);
    expect(readStamp(folder).format).toBe(STATE_STEPS.length);
    rmSync(join(folder, STAMP_FILE));
    openStateFolder(folder, undefined);
    expect(readStamp(folder).format).toBe(0);
  });

  it("puts modes right that somebody opened", () => {
    openStateFolder(folder, undefined);
    chmodSync(join(folder, "secrets"), 0o777);
    openStateFolder(folder, undefined);
    expect(modeOf("secrets")).toBe("700");
  });

  it("refuses a folder of another version, and is no state folder before it was made", () => {
    expect(readMark(folder)).toBeUndefined();
    writeFileSync(join(folder, "instance.json"), '{"format":99}');
    expect(() => openStateFolder(folder, undefined)).toThrow("is not what this version wrote");
  });

  it("says what to do when the folder cannot be made", () => {
    writeFileSync(join(folder, "file"), "");
    expect(() => openStateFolder(join(folder, "file", "state"), undefined)).toThrow(
      "cannot use the state folder",
    );
  });
});
