import { unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { FakeClock } from "../../core/std/fake-clock.ts";
import { silentLogger } from "../../core/std/logger.ts";
import { SmallDisk } from "../../core/std/small-disk.fixture.ts";
import { AUDIT_BOUNDS, AuditLog } from "./audit-log.ts";
import type { AuditEntry } from "./audit-record.ts";
import { readAuditPage } from "./read-audit.ts";
import { auditPlaceOf } from "./segment-files.ts";
import { verifyAudit } from "./verify-audit.ts";

const DISK_MIB = 0.25;

const entry = (n: number): AuditEntry => ({
  ...{ atMs: n, who: `user-${n}`, kind: "user", from: "127.0.0.1" },
  ...{ action: "fleets.scale", target: "default/arena", outcome: "ok" },
});

it("keeps whole records only when the disk becomes full in mid-write, and goes on when there is room", async () => {
  using disk = new SmallDisk(DISK_MIB);
  const ballast = join(disk.path, "ballast");
  await writeFile(ballast, Buffer.alloc((DISK_MIB / 2) * 1_048_576));
  const place = auditPlaceOf(disk.path);
  const options = { ...place, bounds: AUDIT_BOUNDS, clock: new FakeClock(0), logger: silentLogger };
  await using log = await AuditLog.open(options);
  await log.append(entry(1));
  // One group is one write, larger than what is left: the kernel takes the first part of it.
  const group = Array.from({ length: 900 }, (_, i) => log.append(entry(i)));
  const codes = (await Promise.allSettled(group)).map(({ status }) => status);
  expect(new Set(codes)).toEqual(new Set(["rejected"]));
  expect(log.seq).toBe(1);
  expect(await verifyAudit(place)).toMatchObject({ problems: [], records: 1 });

  await unlink(ballast);
  await log.append(entry(2));
  const { items } = await readAuditPage(log, {}, 3);
  expect(items.map(({ who, action, message }) => [who, action, message])).toEqual([
    ["user-2", "fleets.scale", undefined],
    ["flotilla", "audit.lost", "900 records were lost"],
    ["user-1", "fleets.scale", undefined],
  ]);
  expect(await verifyAudit(place)).toMatchObject({ problems: [], records: 3 });
});
