/** An edge before real accounts: what it believes about their sessions, as the Worker's own does. */
import { env } from "cloudflare:workers";
import type { OpenSession } from "../../../shared/contracts/account.ts";
import { createAccessTokens } from "../../../workers/access/access-tokens.ts";
import { createAuthenticate } from "../../../workers/access/authenticate.ts";
import { settingsOf } from "../../../workers/env.ts";
import { tenantObject, userAccount } from "../../addresses.ts";
import { TENANT } from "./accounts.ts";

const now = (): number => Date.now();

/** How many requests of a session are let in, and the tokens to make them with. */
export async function makeEdge() {
  const { ACCESS_TOKEN_KEYS: keys, PUBLIC_ORIGIN: issuer } = settingsOf(env);
  const tokens = createAccessTokens({ keys, issuer, now });
  await tenantObject(env, TENANT).createTenant({ tenant: TENANT, name: "Accounts", residency: "any" }, null);
  const authenticate = createAuthenticate({
    tenant: (tenant) => tenantObject(env, tenant),
    account: (tenant, userId) => userAccount(env, tenant, userId),
    tokens,
    now,
  });
  return {
    tokenOf: async (session: OpenSession): Promise<string> => (await tokens.issue(session)).accessToken,
    /** Of so many requests one after the other. */
    letIn: async (token: string, requests: number): Promise<number> => {
      let count = 0;
      for (let i = 0; i < requests; i += 1) {
        const principal = await authenticate(token);
        if (principal !== null && typeof principal === "object") count += 1;
      }
      return count;
    },
  };
}
