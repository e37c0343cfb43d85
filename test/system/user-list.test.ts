/** The list of users on the real system: it follows the accounts by itself, also after the database was away. */
import type { ListedUser } from "@aima/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalStack, startLocalStack, until } from "../support/local-stack.ts";

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
});
afterAll(() => stack.stop());

const invite = (email: string) => stack.client.users.invite({ email, role: "guest", fullName: "Grace Hopper" });

async function listed(q: string): Promise<ListedUser[]> {
  const users: ListedUser[] = [];
  for await (const user of stack.client.users.list({ q })) users.push(user);
  return users;
}

const list = () => fetch(`${stack.baseUrl}/v1/users`, { headers: { authorization: `Bearer ${stack.apiKey}` } });

describe("the list of users", () => {
  it("shows who is invited, what they become, and who is removed no more", async () => {
    const { id } = await invite("grace@example.com");
    const [found] = await until(async () => {
      const users = await listed("HOPPER");
      return users.length > 0 ? users : null;
    });
    expect(found).toMatchObject({ id, email: "grace@example.com", role: "guest", status: "invited", logIns: 0 });
    await stack.client.users.changeRole(id, { role: "user" });
    await stack.client.users.suspend(id);
    const changed = await until(
      async () => (await listed("grace@")).find((user) => user.role === "user" && user.status === "suspended") ?? null,
    );
    expect(changed.id).toBe(id);
    await stack.client.users.remove(id);
    const left = await until(async () => ((await listed("grace@")).length === 0 ? "nobody" : null));
    expect(left).toBe("nobody");
  });

  it("says that the database is away, while users are made all the same, and has them when it is back", async () => {
    const postgres = stack.find("local/postgres/process.ts").pid;
    process.kill(postgres, "SIGSTOP");
    try {
      const [answer, ada] = await Promise.all([list(), invite("ada@example.com")]);
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ code: "index_unavailable" });
      expect((await stack.client.users.get(ada.id)).status).toBe("invited");
    } finally {
      process.kill(postgres, "SIGCONT");
    }
    const found = await until(async () => (await listed("ada@example.com").catch(() => [])).at(0) ?? null);
    expect(found.status).toBe("invited");
  });
});
