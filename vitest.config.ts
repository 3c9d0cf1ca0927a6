import { defineConfig, type ViteUserConfig } from "vitest/config";

const exclude = ["node_modules/**", ".build/**", "dist/**"];
/** Whole platforms with real containers, which have the ports 17000 to 17499 and 18600 to 19199 one after the other. */
const WHOLE = ["cli/e2e/**/*.linux.test.ts", "loadtest/**/*.linux.test.ts"];
const LINUX = { fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000 };

/** Three projects: everything that runs anywhere, and what needs Linux and root in two, each one file at a time. */
const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["**/*.test.ts"],
          exclude: [...exclude, "**/*.linux.test.ts"],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          ...LINUX,
          name: "linux",
          include: ["**/*.linux.test.ts"],
          exclude: [...exclude, ...WHOLE],
        },
      },
      { test: { ...LINUX, name: "e2e", include: WHOLE, exclude } },
    ],
  },
});

export default config;
