import { build } from "vite";

const [root, outDir] = process.argv.slice(2);

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
    assetsDir: "page",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
});
