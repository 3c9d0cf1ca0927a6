import { defineConfig, type ViteUserConfig } from "vitest/config";

const exclude = ["node_modules/**", ".build/**", "dist/**"];
/**
 * Whole platforms with real containers, as far as they do not go with the kernel's tests: the two take about as long. Host
 * ports 17500 to 17999 are these ones', 17000 to 17499 those of the others.
 */
const WHOLE = ["cli/e2e/[e-z]*.linux.test.ts", "loadtest/**/*.linux.test.ts"];
/** One second, as it is otherwise, is what a busy machine may stand still for. */
const expectation = { poll: { timeout: 15_000 } };
const LINUX = {
  fileParallelism: false,
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: expectation,
};

/** Three projects: what runs anywhere, and what needs Linux and root in two halves, each one file at a time. */
const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["**/*.test.ts"],
          exclude: [...exclude, "**/*.linux.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: expectation,
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
