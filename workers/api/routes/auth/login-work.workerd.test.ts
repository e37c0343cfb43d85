/**
 * What a refused login costs tells nobody which addresses are known: whatever the account is, the same objects are
 * called, one hash of the same cost is made, and the same rows are written before the answer. Counted, not timed: the
 * times are measured by `npm run bench -- --only login`.
 */
// First of all imports, as in the Worker itself: it teaches zod what the routes use.
import "@hono/zod-openapi";
import type * as Crypto from "node:crypto";
import { createExecutionContext, runInDurableObject, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { TOTP } from "otpauth";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { NewAccount } from "../../../../shared/contracts/account.ts";
import { tenantObject, userAccount } from "../../../../durable-objects/addresses.ts";
import { value } from "../../../../durable-objects/user-account/testing/accounts.ts";
import { hashPassword } from "../../../../shared/identity/password-hash.ts";
import { handleBootstrap } from "../../../bootstrap.ts";
import { handleFetch } from "../../../fetch.ts";
import { decoyUserId } from "./decoy.ts";

const { hashes } = vi.hoisted(() => ({ hashes: [] as string[] }));
vi.mock("node:crypto", async (original) => {
  const crypto = await original<typeof Crypto>();
  const scryptSync: typeof crypto.scryptSync = (password, salt, length, options) => {
    hashes.push(`N=${options?.N} r=${options?.r} p=${options?.p} ${length} bytes`);
    return crypto.scryptSync(password, salt, length, options);
  };
  return { ...crypto, default: { ...crypto, scryptSync }, scryptSync };
});

const TENANT = "ten_samework";
const PASSWORD = "Correct-Horse-7-Staple";
const calls: string[] = [];

/** The environment with the default limits, and every call of an object by its class and method. */
const counted: Env = {
  ...env,
  RATE_LIMITS: "",
  ...Object.fromEntries(
    (["TENANT", "USER_ACCOUNT", "RATE_LIMITER", "AUDIT_LOG"] as const).map((name) => [name, watched(name)]),
  ),
};

function watched(name: "TENANT" | "USER_ACCOUNT" | "RATE_LIMITER" | "AUDIT_LOG") {
  const namespace: DurableObjectNamespace = env[name];
  const get = (id: DurableObjectId) =>
    new Proxy(namespace.get(id), {
      get: (stub, method) => {
        const call: unknown = Reflect.get(stub, method);
        if (typeof call !== "function") return call;
        return (...given: unknown[]): unknown => {
          calls.push(`${name}.${String(method)}`);
          return Reflect.apply(call, stub, given);
        };
      },
    });
  return { idFromName: (key: string) => namespace.idFromName(key), get };
}

/** Filled with the statements that the account's object runs from here on. */
async function watchStatements(userId: string): Promise<string[]> {
  const statements: string[] = [];
  const stub = env.USER_ACCOUNT.get(env.USER_ACCOUNT.idFromName(`${TENANT}/${userId}`));
  await runInDurableObject(stub, (_instance, { storage: { sql } }) => {
    const run = sql.exec.bind(sql);
    sql.exec = (statement, ...bindings) => {
      const cursor = run(statement, ...bindings);
      statements.push(statement.replaceAll(/\s+/g, " ").trim());
      return cursor as ReturnType<typeof run<never>>;
    };
  });
  return statements;
}

const unknownId = (login: string): string =>
  decoyUserId(env.SIGNING_KEYS.split(":")[1]?.split(",")[0] ?? "", TENANT, login);

let requests = 0;

/** What a login is answered with, and what was done for it until the answer was there. */
async function logIn(login: string, { tenant = TENANT, password = "Wrong-Horse-8-Staple" } = {}) {
  requests += 1;
  const request = new Request("https://aima.test/v1/auth/login", {
    method: "POST",
    // An address of its own, so that its limit is the same for each.
    headers: { "content-type": "application/json", "cf-connecting-ip": `192.0.2.${requests}` },
    body: JSON.stringify({ tenant, login, password }),
  });
  const [callsBefore, hashesBefore] = [calls.length, hashes.length];
  const context = createExecutionContext();
  const answer = await handleFetch(request, counted, context);
  const [called, hashed] = [calls.slice(callsBefore), hashes.slice(hashesBefore)];
  const { requestId: _, ...body } = await answer.json<Record<string, unknown>>();
  await waitOnExecutionContext(context);
  return { status: answer.status, body, called: called.toSorted(), hashed };
}

let users = 0;

async function join(fresh: Pick<NewAccount, "kind"> & { readonly password?: string }): Promise<[string, string]> {
  users += 1;
  const userId = `usr_${String(users).padStart(26, "0")}`;
  const email = `person${users}@example.com`;
  const member = { userId, email, username: null, role: "user" } as const;
  await tenantObject(env, TENANT).reserveMember(member, null);
  const account = { tenant: TENANT, fullName: null, permissions: [], invitedBy: "usr_x", ...member, ...fresh };
  // SAFETY: a password is there where the kind has one.
  value(await userAccount(env, TENANT, userId).create(account as NewAccount, null));
  await tenantObject(env, TENANT).confirmMember(userId, fresh.kind === "invited" ? "invited" : "active");
  return [email, userId];
}

const founded = () => join({ kind: "founded", password: PASSWORD });
const unknown = async (): Promise<[string, string]> => {
  users += 1;
  const login = `nobody${users}@example.com`;
  return [login, unknownId(login)];
};

/** Nobody has this login, but somebody tried it before. */
async function triedBefore(): Promise<[string, string]> {
  const tried = await unknown();
  await logIn(tried[0]);
  return tried;
}

/** An active account after `change` of its object. */
const foundedAnd =
  (change: (account: ReturnType<typeof userAccount>) => Promise<unknown>) => async (): Promise<[string, string]> => {
    const [email, userId] = await founded();
    await change(userAccount(env, TENANT, userId));
    return [email, userId];
  };

const KINDS = {
  "an active account": founded,
  "an account that is invited": () => join({ kind: "invited" }),
  "an account of an identity provider": () => join({ kind: "external" }),
  "a suspended account": foundedAnd((account) => account.suspend()),
  "an account whose password is void": foundedAnd((account) => account.voidPassword()),
  "a deleted account": foundedAnd((account) => account.delete()),
  "an account with a second factor": foundedAnd(async (account) => {
    const { secret } = value(await account.enrolTotp({ password: PASSWORD, sessionId: "" }));
    value(await account.confirmTotp(new TOTP({ secret }).generate()));
  }),
  "no account": unknown,
  "no account, tried before": triedBefore,
} satisfies Record<string, () => Promise<[string, string]>>;
type Kind = keyof typeof KINDS;
const kinds = Object.keys(KINDS) as Kind[];
const made = new Map<Kind, [string, string]>();

const INSERT = "INSERT OR REPLACE INTO lockout (id, failures, locked_until) VALUES (1, ?, ?)";
const isWrite = (statement: string): boolean => !statement.startsWith("SELECT");

beforeAll(async () => {
  const headers = { authorization: `Bearer ${env.BOOTSTRAP_SECRET}` };
  const init = { method: "POST", headers, body: JSON.stringify({ tenant: TENANT, name: "Same work" }) };
  await handleBootstrap(new Request("https://aima.test/internal/bootstrap", init), env, "req_test");
  // At once: what takes access away waits for the leases before it.
  await Promise.all(kinds.map(async (kind) => made.set(kind, await KINDS[kind]())));
});

const CALLS = [
  "AUDIT_LOG.begin",
  "AUDIT_LOG.end",
  "RATE_LIMITER.take",
  "TENANT.memberByLogin",
  "TENANT.standing",
  "USER_ACCOUNT.logIn",
];
const HASH = "N=32768 r=8 p=1 32 bytes";
const REFUSED = {
  status: 401,
  body: { code: "invalid_credentials", detail: "The name, the password or the code is wrong." },
};

describe("a refused login", () => {
  it.each(kinds)("of %s costs one hash, six calls and one row; locked, it costs no hash and no row", async (kind) => {
    const [login, userId] = made.get(kind) ?? ["", ""];
    const statements = await watchStatements(userId);
    const { called, hashed, ...answer } = await logIn(login);
    expect(answer).toMatchObject(REFUSED);
    expect(Object.keys(answer.body)).toEqual(["type", "title", "status", "detail", "instance", "code", "fix"]);
    expect(hashed).toEqual([HASH]);
    expect(called).toEqual(CALLS);
    // The first failure of a name that nobody has makes the table it is counted in, in the same transaction.
    const schema = kind === "no account" ? 3 : 0;
    expect(statements.filter(isWrite).slice(schema)).toEqual([INSERT]);
    // Rows that are read by their key: of an account that is there, its profile and its hash beside the failures.
    const reads = statements.filter((statement) => !isWrite(statement) && !statement.includes("schema_version"));
    expect(reads.length).toBe(kind.startsWith("no account") ? 3 : kind === "a deleted account" ? 4 : 5);

    const tried = kind === "no account, tried before" ? 2 : 1;
    const rest = await Promise.all(Array.from({ length: 5 - tried }, () => logIn(login)));
    for (const each of rest) expect(each).toMatchObject(REFUSED);
    statements.length = 0;
    const locked = await logIn(login, { password: PASSWORD });
    expect(locked).toMatchObject({ status: 423, body: { code: "account_locked" }, called: CALLS, hashed: [] });
    expect(statements.filter(isWrite)).toEqual([]);
  });

  it("for a tenant that is not there costs the same; its row waits for the platform's log", async () => {
    const { called, hashed, ...answer } = await logIn("person1@example.com", { tenant: "ten_nowhere" });
    expect(answer).toMatchObject(REFUSED);
    expect(hashed).toEqual([HASH]);
    expect(called).toEqual(CALLS.filter((call) => !call.startsWith("AUDIT_LOG.")));
  });
});

describe("the count", () => {
  it("sees every hash and call, so it would see one that is missing", async () => {
    const [login] = await founded();
    const { status, called, hashed } = await logIn(login, { password: PASSWORD });
    // What a right password costs more: its attempt is given back to the address.
    expect([status, hashed, called]).toEqual([200, [HASH], [...CALLS, "RATE_LIMITER.refund"].toSorted()]);
    const before = hashes.length;
    hashPassword(PASSWORD);
    expect(hashes.slice(before)).toEqual([HASH]);
  });
});
