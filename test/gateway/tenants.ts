/** Two tenants with keys of every kind; the first one owns things, by the ids that routes ask for. */
import type { Send } from "./raw-request.ts";
import type { RealWorkers } from "./real-workers.ts";
import { SECRETS } from "../support/secrets.ts";

/** Stands in everything that the first tenant owns, and in nothing else. */
export const CANARY = "canary-of-the-first-tenant";

export const OWNER = "ten_owner1";
const STRANGER = "ten_stranger1";
const PLATFORM = "ten_platform";
/** A tenant that the platform may do anything to. */
const SPARE = "ten_spare1";
/** Of the admins. */
export const PASSWORD = "Quiet-Harbour-41-Lanterns";
const TENANT_OF = { owner: OWNER, stranger: STRANGER, platform: PLATFORM } as const;
/** A rule that has another limit for that tenant. */
const RULE = "tenant";
const JOB = "job_00000000000000000000000007";

export type Tenants = {
  readonly keys: Readonly<Record<"admin" | "reader" | "disabled" | "expired" | "stranger", string>>;
  /** The access token of a session of the admin of a tenant: the same one each time, until `logIn` has opened another. */
  session(tenant: "owner" | "stranger" | "platform"): Promise<string>;
  /** Opens a session; its access token. A user has five at most, and the oldest ends in no hurry. */
  logIn(tenant: "owner" | "stranger" | "platform"): Promise<string>;
  /** Of the first tenant. */
  readonly ids: Ids;
};

/** Of things that routes are about, by the name of the path's parameter. */
export type Ids = Readonly<Record<string, string>>;

const said = <T>(outcome: unknown): T => {
  const { ok, value, error } = outcome as { ok: boolean; value: T; error?: unknown };
  if (!ok) throw new Error(JSON.stringify(error));
  return value;
};

export async function makeTenants({ object }: Pick<RealWorkers, "object">, send: Send): Promise<Tenants> {
  const owner = await object("TENANT", OWNER);
  const admin = await bootstrapped(send, OWNER);
  const stranger = await bootstrapped(send, STRANGER);
  await bootstrapped(send, PLATFORM);
  await bootstrapped(send, SPARE);
  const maker = { id: "key_maker", permissions: ["*"] };
  const issued = async (name: string, permissions: string[], expiresAt?: string) =>
    said<{ key: { id: string }; secret: string }>(
      await owner["createKey"]?.({ name, permissions, ...(expiresAt === undefined ? {} : { expiresAt }) }, maker, null),
    );
  const reader = await issued("Reads", ["assets:read"]);
  const disabled = await issued("Is disabled", ["*"]);
  said(await owner["disableKey"]?.(disabled.key.id));
  const spare = await issued(CANARY, ["assets:read"]);
  const expiresAt = new Date(Date.now() + 1_500).toISOString();
  const expired = await issued("Expires", ["*"], expiresAt);

  const headers = { authorization: `Bearer ${admin}`, "content-type": "application/json" };
  const created = await json(send, "/v1/assets", { name: `${CANARY}.txt`, tags: [CANARY] }, headers);
  const assetId = String(created["id"]);
  await send({
    method: "PUT",
    path: `/v1/assets/${assetId}/content?complete=true`,
    headers: { authorization: `Bearer ${admin}` },
    body: CANARY,
  });
  await submitJob({ object }, JOB, assetId);
  const failed = { queue: "inspect", body: { tenant: OWNER, assetId, note: CANARY }, messageId: "m1", attempts: 5 };
  await owner["keepDeadLetter"]?.({ ...failed, error: "for the test" }, assetId);
  const letters = (await owner["deadLetters"]?.({ queue: null, status: null, limit: 1, after: null })) as {
    letters: { id: string }[];
  };
  const sessions = new Map<string, string>();
  const logIn: Tenants["logIn"] = async (tenant) => {
    const token = await loggedIn(send, TENANT_OF[tenant]);
    sessions.set(tenant, token);
    return token;
  };
  const invited = await json(
    send,
    "/v1/users",
    { email: "guest@example.com", role: "guest", fullName: CANARY },
    headers,
  );
  const session = claimsOf(await logIn("owner"))["sid"];
  const limited = await send({
    method: "PUT",
    path: `/v1/platform/tenants/${SPARE}/rate-limits/${RULE}`,
    headers: { authorization: `Bearer ${await logIn("platform")}`, "content-type": "application/json" },
    body: JSON.stringify({ limit: 60_000 }),
  });
  if (limited.status !== 200) throw new Error(`The limit was refused with ${limited.status}: ${limited.body}`);
  // Nothing before has waited that long: the key was made for this moment to pass.
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, Date.parse(expiresAt) - Date.now() + 50)));
  return {
    keys: { admin, reader: reader.secret, disabled: disabled.secret, expired: expired.secret, stranger },
    session: async (tenant) => sessions.get(tenant) ?? logIn(tenant),
    logIn,
    ids: {
      provider: "corp",
      userId: String(invited["id"]),
      sessionId: String(session),
      tenantId: SPARE,
      rule: RULE,
      assetId,
      jobId: JOB,
      deadLetterId: letters.letters[0]?.id ?? "",
      keyId: spare.key.id,
      subject: `key:${spare.key.id}`,
      seq: "1",
      name: "thumbnail.webp",
      code: "not_found",
      file: "swagger-ui.css",
    },
  };
}

/** Sent as JSON; the answer, which has to be a success. */
export async function json(
  send: Send,
  path: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Readonly<Record<string, unknown>>> {
  const typed = { ...headers, "content-type": "application/json" };
  const answer = await send({ method: "POST", path, headers: typed, body: JSON.stringify(body) });
  if (answer.status >= 300) throw new Error(`POST ${path} answered ${answer.status}: ${answer.body}`);
  return answer.body === "" ? {} : (JSON.parse(answer.body) as Record<string, unknown>);
}

export const adminOf = (tenant: string): string => `admin@${tenant.slice(4)}.example`;

/** A tenant with an admin; the first key of it. */
async function bootstrapped(send: Send, tenant: string): Promise<string> {
  const authorization = `Bearer ${SECRETS.BOOTSTRAP_SECRET}`;
  const body = { tenant, name: tenant, email: adminOf(tenant), password: PASSWORD };
  return String((await json(send, "/internal/bootstrap", body, { authorization }))["apiKey"]);
}

const loggedIn = async (send: Send, tenant: string): Promise<string> =>
  String((await json(send, "/v1/auth/login", { tenant, login: adminOf(tenant), password: PASSWORD }))["accessToken"]);

/** Of an access token, unchecked. */
export const claimsOf = (token: string): Readonly<Record<string, unknown>> =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;

/** A job of the first tenant that waits for an agent. */
export async function submitJob(
  { object }: Pick<RealWorkers, "object">,
  jobId: string,
  assetId: string,
): Promise<void> {
  const job = await object("GPU_JOB", `${OWNER}/${jobId}`);
  said(
    await job["submit"]?.(jobId, {
      tenant: OWNER,
      assetId,
      pipeline: "standard@1",
      steps: [{ id: "ocr", operation: "ocr", parameters: {} }],
      input: {
        key: `${OWNER}/none`,
        name: CANARY,
        mediaType: "image",
        contentType: "image/png",
        sizeBytes: 10,
        sha256: "a".repeat(64),
        metadata: {},
      },
    }),
  );
}
