import { defineConfig, type ViteUserConfig } from "vitest/config";

const exclude = ["node_modules/**", ".build/**", "dist/**"];

/** Two projects: everything that runs anywhere, and what needs Linux and root, one file at a time. */
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
          name: "linux",
          include: ["**/*.linux.test.ts"],
          exclude,
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});

export default config;
