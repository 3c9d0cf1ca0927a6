import { USAGE_ROWS_MAX, type Usage, type UsageRow } from "../core/model/usage.ts";
import { FleetError } from "../core/std/errors.ts";
import { isObject } from "../core/std/json.ts";

const ID_LENGTH_MAX = 64;

/**
 * A batch of measurements from outside. Their shape is checked here, row by row without a schema, because it comes from
 * every node every second; whether the numbers can be is judged by who decides on them.
 */
export function usageFrom(body: unknown): Usage {
  const { atMs, rows } = isObject(body) ? body : {};
  if (!isNumber(atMs)) throw new FleetError("BAD_REQUEST", "atMs must be a number");
  if (!Array.isArray(rows) || rows.length > USAGE_ROWS_MAX)
    throw new FleetError("BAD_REQUEST", `rows must be a list of at most ${USAGE_ROWS_MAX}`);
  const bad = rows.findIndex((row) => !isRow(row));
  if (bad >= 0) throw new FleetError("BAD_REQUEST", `rows[${bad}] must be an id and three numbers`);
  return { atMs, rows };
}

function isRow(row: unknown): row is UsageRow {
  if (!Array.isArray(row) || row.length !== 4) return false;
  const [id, ...numbers] = row as readonly unknown[];
  return typeof id === "string" && id.length <= ID_LENGTH_MAX && numbers.every(isNumber);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
