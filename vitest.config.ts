import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { SECRETS } from "./test/support/secrets.ts";

const WORKERD = "**/*.workerd.test.ts";
const NEVER = ["**/node_modules/**", "dist/**"];

/** One project per cost: `npm run test:<name>` runs one of them. */
export default defineConfig({
  test: {
    retry: 0,
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "{shared,durable-objects,workers,agent,clients,local,bench}/**/*.test.ts",
            "test/{contracts,config,gateway,simulation}/**/*.test.ts",
          ],
          exclude: [...NEVER, WORKERD],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        plugins: [
          cloudflareTest({
            main: "./test/support/objects-worker.ts",
            wrangler: { configPath: "./wrangler.toml" },
            remoteBindings: false,
            miniflare: {
              bindings: { ...SECRETS, NEON_LOCAL: "127.0.0.1:9" },
            },
          }),
        ],
        test: { name: "workerd", include: [WORKERD], exclude: NEVER, testTimeout: 30_000, hookTimeout: 30_000 },
      },
      {
        test: {
          name: "system",
          include: ["test/system/**/*.test.ts"],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "faults",
          include: ["test/faults/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
