/**
 * A session of a user: opened by a login, and renewed by its refresh token, which is good once.
 *
 * Whoever uses a session from several processes shares its store between them: a refresh token that is older than 30 s
 * and used a second time ends the session, so the store is read again before every renewal.
 */
import { AimaError } from "./aima-error.ts";
import { anonymous, type Deployment } from "./anonymous.ts";
import { dataOf } from "./answer.ts";
import type { Credential } from "./credential.ts";
import type { components, operations } from "./openapi.gen.ts";

export type SessionTokens = components["schemas"]["SessionTokens"];
export type LogIn = NonNullable<operations["login"]["requestBody"]>["content"]["application/json"];

/** The tokens of a session, and the end of the access token by the clock of this machine. */
export type KeptSession = SessionTokens & { readonly accessTokenEndsAtMs: number };

/** Keeps the one session between uses, and between processes. */
export type SessionStore = {
  /** What was written last, by anybody; null when there is no session. */
  readonly read: () => Promise<KeptSession | null>;
  /** Durable and whole when it returns: the refresh token before is void. */
  readonly write: (session: KeptSession) => Promise<void>;
};

/** An access token is renewed when it has less than this left, so that no request meets its end on the way. */
const MARGIN_MS = 60_000;

const kept = (tokens: SessionTokens): KeptSession => ({
  ...tokens,
  accessTokenEndsAtMs: Date.now() + tokens.expiresInSeconds * 1_000,
});

/**
 * Opens a session. Throws `AimaError`: `invalid_credentials`, `totp_required` (ask for the code and call again),
 * `password_expired` (whose member `changeToken` is for `resetPassword`), `account_locked`, `account_not_active`,
 * `tenant_suspended`. Is never sent twice by itself: that would count as several attempts.
 */
export async function logIn(deployment: Deployment, body: LogIn): Promise<KeptSession> {
  return kept(dataOf(await anonymous(deployment, false).POST("/v1/auth/login", { body })));
}

function ended(cause: AimaError | null): AimaError {
  const [detail, fix] = ["The session has ended.", "Log in again."];
  const requestId = cause?.requestId ?? null;
  return new AimaError({ status: 401, code: "session_ended", detail, fix, requestId }, cause === null ? {} : { cause });
}

/**
 * The credential of the session in the store: renewed when it is about to end, and when the API refuses it. Calls at
 * once share one renewal. Throws `AimaError` with code `session_ended` when there is nothing left to renew.
 */
export function sessionCredential(deployment: Deployment, store: SessionStore): Credential {
  let renewal: Promise<string> | null = null;

  async function refreshed(): Promise<string> {
    const before = await store.read();
    if (before === null) throw ended(null);
    const body = { refreshToken: before.refreshToken };
    try {
      // An answer that was lost may be asked for again: for 30 s the same token has the same successor.
      const after = kept(dataOf(await anonymous(deployment, true).POST("/v1/auth/refresh", { body })));
      await store.write(after);
      return after.accessToken;
    } catch (error) {
      throw error instanceof AimaError && error.code === "invalid_token" ? ended(error) : error;
    }
  }

  async function unless(usable: (session: KeptSession) => boolean): Promise<string> {
    const session = await store.read();
    if (session === null) throw ended(null);
    if (usable(session)) return session.accessToken;
    renewal ??= refreshed().finally(() => (renewal = null));
    return renewal;
  }

  return {
    current: () => unless(({ accessTokenEndsAtMs }) => accessTokenEndsAtMs - MARGIN_MS > Date.now()),
    // Another process, or a call before this one, may have renewed it meanwhile.
    renewed: (refused) => unless(({ accessToken }) => accessToken !== refused),
  };
}
