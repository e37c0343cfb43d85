/** From a change of a real account to the list, by messages that are lost, repeated and late. */
import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import {
  founded,
  loggedIn,
  sqlIn,
  TENANT,
  type TestAccount,
  value,
} from "../../durable-objects/user-account/testing/accounts.ts";
import type { UserFilter } from "../../shared/ports/user-index.ts";
import { IndexUnavailable } from "../../shared/ports/asset-index.ts";
import { FakeUserIndex } from "../api/fakes/user-index.ts";
import { consumeInto, type Indexes } from "./consume.ts";

const ALL: UserFilter = { role: null, status: null, q: null, sort: "createdAt", after: null, limit: 100 };

function makeList() {
  const users = new FakeUserIndex();
  // SAFETY: messages about users use no other index.
  const indexes = { users } as Partial<ReturnType<Indexes>> as ReturnType<Indexes>;
  const consume = consumeInto(() => indexes);
  /** How many of the messages are done with. */
  const deliver = async (...bodies: readonly unknown[]): Promise<number> => {
    const messages = bodies.map((body, at) => ({ id: `message-${at}`, body, timestamp: new Date(), attempts: 1 }));
    const batch = createMessageBatch("aima-index-dev", messages);
    await consume(batch, env);
    return (await getQueueResult(batch, createExecutionContext())).explicitAcks.length;
  };
  return { users, deliver, list: () => users.list(TENANT, ALL) };
}

const newsOf = ({ userId }: TestAccount, seq: number) => ({ tenant: TENANT, userId, seq });
const waiting = ({ raw }: TestAccount) => sqlIn(raw, "SELECT key FROM outbox");

it("the list shows what the account says, whatever became of the messages; then the account tells no more", async () => {
  const { deliver, list } = makeList();
  const made = await founded();
  await loggedIn(made.account);
  // The first message was lost; the second comes twice, and about another user too.
  const other = await founded();
  expect(await deliver(newsOf(made, 2), newsOf(other, 1), newsOf(made, 2))).toBe(3);
  expect(await list()).toMatchObject([
    { id: made.userId, logIns: 1 },
    { id: other.userId, logIns: 0 },
  ]);
  expect([await waiting(made), await waiting(other)]).toEqual([[], []]);
  value(await made.account.changeRole({ role: "guest" }, null));
  value(await made.account.suspend());
  expect(await deliver(newsOf(made, 3))).toBe(1);
  expect(await list()).toMatchObject([{ role: "guest", status: "suspended" }, {}]);
  expect(await waiting(made)).toEqual([]);
  value(await made.account.delete());
  expect(await deliver(newsOf(made, 1))).toBe(1);
  expect(await list()).toMatchObject([{ id: other.userId }]);
});

it("an account that was erased while its row was written leaves none", async () => {
  const { users, deliver, list } = makeList();
  const made = await founded();
  const apply = users.apply.bind(users);
  vi.spyOn(users, "apply").mockImplementationOnce(async (...row) => {
    await made.account.erase();
    await apply(...row);
  });
  expect(await deliver(newsOf(made, 1))).toBe(1);
  expect(await list()).toEqual([]);
});

it("with the database away the message comes again, and the account goes on telling", async () => {
  const { users, deliver, list } = makeList();
  vi.spyOn(console, "warn").mockReturnValue(undefined);
  const made = await founded();
  vi.spyOn(users, "apply").mockRejectedValueOnce(new IndexUnavailable("the database cannot be reached"));
  expect(await deliver(newsOf(made, 1))).toBe(0);
  expect(await waiting(made)).toHaveLength(1);
  expect(await deliver(newsOf(made, 1))).toBe(1);
  expect(await list()).toMatchObject([{ id: made.userId }]);
  expect(await waiting(made)).toEqual([]);
});
