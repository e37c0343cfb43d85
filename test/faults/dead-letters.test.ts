/**
 * On the real queues: while a table of the index is missing, the message about an asset fails until it is a dead
 * letter. The list shows it with what it failed with; sent again after the fault it does its work.
 */
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileSource } from "@aima/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localDatabaseUrl } from "../../local/postgres/local-database-url.ts";
import { connect, type Sql } from "../../shared/adapters/postgres/connection.ts";
import { makeSamples } from "../../local/samples/samples.ts";
import { type LocalStack, startLocalStack, until } from "../support/local-stack.ts";

const MAIN = join(import.meta.dirname, "../../clients/cli/src/main.ts");

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
});
afterAll(() => stack.stop());

/** The stack's own database. */
async function database(): Promise<Sql> {
  const { postgresPassword } = JSON.parse(await readFile(join(stack.dataDir, "secrets.json"), "utf8")) as {
    postgresPassword: string;
  };
  const [, port] = /--port (\d+)/.exec(stack.find("local/postgres/process.ts").command) ?? [];
  return connect(localDatabaseUrl(postgresPassword), `127.0.0.1:${port}`);
}

function aima(...args: readonly string[]): string {
  const child = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: "utf8",
    env: { ...process.env, AIMA_URL: stack.baseUrl, AIMA_API_KEY: stack.apiKey },
  });
  expect(child.stderr).toBe("");
  return child.stdout.trim();
}

describe("a message that fails on the real queues", () => {
  it("is listed after its last try, and does its work when it is sent again", async () => {
    const [sample] = await makeSamples(`${stack.dataDir}/samples`);
    if (sample === undefined) throw new Error("no samples");
    const sql = await database();
    await sql`alter table insights rename to insights_elsewhere`;
    let assetId: string;
    try {
      ({ id: assetId } = await stack.client.assets.upload(await fileSource(sample.path)));
      const letter = await until(async () => {
        for await (const each of stack.client.deadLetters.list({ status: "open" })) return each;
        return null;
      }, 1_000);
      expect(letter).toMatchObject({ queue: "index", entity: assetId, attempts: 5 });
      expect(letter.lastError).toContain('relation "insights" does not exist');
    } finally {
      await sql`alter table insights_elsewhere rename to insights`;
    }
    expect(aima("dead-letters", "redrive", "--queue", "index")).toMatch(/^[1-9]\d* sent again$/);
    await until(async () => {
      for await (const { id } of stack.client.assets.list({ status: "analysed" })) if (id === assetId) return id;
      return null;
    });
    const letters = aima("dead-letters", "list", "--json")
      .split("\n")
      .map((line) => JSON.parse(line) as { id: string; status: string });
    expect(letters.map(({ status }) => status)).not.toContain("open");
    for (const { id } of letters) aima("dead-letters", "purge", id);
    expect(aima("dead-letters", "show", letters[0]?.id ?? "", "--json")).toContain('"status":"purged"');
  });
});
