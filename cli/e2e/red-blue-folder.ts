import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const EXAMPLE = join(import.meta.dirname, "../../examples/red-blue");

/**
 * examples/red-blue with a subnet of its own: a machine has each subnet once, and the tests of another project may have the
 * example's just then. The caller removes the folder.
 */
export async function redBlueFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "flotilla-red-blue-"));
  await cp(EXAMPLE, folder, { recursive: true });
  const file = join(folder, "red-blue.yaml");
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replaceAll("11.11.11.", "11.11.12."));
  return folder;
}
