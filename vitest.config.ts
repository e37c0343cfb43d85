import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { SECRETS } from "./test/support/secrets.ts";

const WORKERD = "**/*.workerd.test.ts";
const NEVER = ["**/node_modules/**", "dist/**"];

/** Tests of leases wait for seconds: two files beside the one that works cost nothing. */
const SIDE_BY_SIDE = { maxWorkers: 3, sequence: { groupOrder: 0 } };
/** A whole system, or a machine's worth of kills: one at a time, after the rest. */
const ALONE = { fileParallelism: false };

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
          ...SIDE_BY_SIDE,
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
        test: {
          name: "workerd",
          include: [WORKERD],
          exclude: NEVER,
          testTimeout: 30_000,
          hookTimeout: 30_000,
          ...SIDE_BY_SIDE,
        },
      },
      {
        test: {
          name: "system",
          include: ["test/system/**/*.test.ts"],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          ...ALONE,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "faults",
          include: ["test/faults/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 240_000,
          ...ALONE,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
