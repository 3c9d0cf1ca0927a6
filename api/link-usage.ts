import {
  type MachineUsage,
  USAGE_COLUMNS_MAX,
  USAGE_COLUMNS_MIN,
  USAGE_ROWS_MAX,
  type Usage,
  type UsageRow,
} from "../core/model/usage.ts";
import { FleetError } from "../core/std/errors.ts";
import { isObject } from "../core/std/json.ts";

const ID_LENGTH_MAX = 64;

/**
 * A batch of measurements from outside. Their shape is checked here, row by row without a schema, because it comes from
 * every node every second; whether the numbers can be is judged by who decides on them.
 */
export function usageFrom(body: unknown): Usage {
  const { atMs, rows, machine } = isObject(body) ? body : {};
  if (!isNumber(atMs)) throw new FleetError("BAD_REQUEST", "atMs must be a number");
  if (!Array.isArray(rows) || rows.length > USAGE_ROWS_MAX)
    throw new FleetError("BAD_REQUEST", `rows must be a list of at most ${USAGE_ROWS_MAX}`);
  const bad = rows.findIndex((row) => !isRow(row));
  if (bad >= 0) throw new FleetError("BAD_REQUEST", `rows[${bad}] must be an id and numbers`);
  return { atMs, rows, ...(machine === undefined ? {} : { machine: machineFrom(machine) }) };
}

function isRow(row: unknown): row is UsageRow {
  if (!Array.isArray(row) || row.length <= USAGE_COLUMNS_MIN) return false;
  if (row.length > USAGE_COLUMNS_MAX + 1) return false;
  const id: unknown = row[0];
  if (typeof id !== "string" || id.length > ID_LENGTH_MAX) return false;
  for (let i = 1; i < row.length; i++) if (!isNumber(row[i])) return false;
  return true;
}

function machineFrom(machine: unknown): MachineUsage {
  const { cpuMicros, memoryBytes, load } = isObject(machine) ? machine : {};
  if (isNumber(cpuMicros) && isNumber(memoryBytes) && isNumber(load))
    return { cpuMicros, memoryBytes, load };
  throw new FleetError("BAD_REQUEST", "machine must have numbers cpuMicros, memoryBytes and load");
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
