import type { Context } from "hono";
import type { OpenSession } from "../../../../shared/contracts/account.ts";
import type { ApiDeps, ApiEnv } from "../../deps.ts";

/** The tokens of a session. The audit row names the session and its user, never a token. */
export async function answerSession(c: Context<ApiEnv>, deps: ApiDeps, session: OpenSession): Promise<Response> {
  const { tenant, userId, sessionId, role, refreshToken, expiresAtMs } = session;
  c.set("audit", { tenant, actor: { kind: "user", id: userId }, resource: { type: "session", id: sessionId } });
  const { accessToken, expiresInSeconds } = await deps.issueAccessToken(session);
  return c.json({
    accessToken,
    tokenType: "Bearer",
    expiresInSeconds,
    refreshToken,
    sessionId,
    sessionExpiresAt: new Date(expiresAtMs).toISOString(),
    tenant,
    userId,
    role,
  });
}
