import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "vite";

const [root, outDir, name] = process.argv.slice(2);
const PACKED = /\.(html|js|css|svg|json)$/;
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };

// Nothing is put into the HTML or into data URLs: the page's policy allows files of its own origin only.
await build({
  root,
  configFile: false,
  publicDir: false,
  logLevel: "error",
  cacheDir: `${outDir}-cache`,
  build: {
    outDir,
    emptyOutDir: true,
    assetsDir: name,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
});

// Packed as well as can be, once: who serves it has better things to do.
for (const file of readdirSync(outDir, { recursive: true, encoding: "utf8" })) {
  if (!PACKED.test(file)) continue;
  const path = join(outDir, file);
  const plain = readFileSync(path);
  writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }));
  writeFileSync(`${path}.br`, brotliCompressSync(plain, BROTLI));
}
