import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isObject } from "../../core/std/json.ts";
import { replaceFile } from "../../runtime/linux/replace-file.ts";
import { type Config, type SettingName, type Texts, textsOf } from "../config.ts";

/** Settings of a run that `down` must know to take away what it made, whatever it is called with itself. */
const KEPT: readonly SettingName[] = ["driver", "pool", "node"];
const FILE = "run.json";

export async function writeRunRecord(config: Config): Promise<void> {
  const texts = JSON.stringify(textsOf(config, KEPT));
  await replaceFile(join(config.state, FILE), 0o644, `${texts}\n`);
}

/** The settings of the last run of a state folder, as flags; none when there was no run. */
export function readRunRecord(state: string): Texts {
  try {
    const record: unknown = JSON.parse(readFileSync(join(state, FILE), "utf8"));
    return isObject(record) ? (record as Texts) : {};
  } catch {
    return {};
  }
}
