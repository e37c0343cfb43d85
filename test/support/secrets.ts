/** The secrets of a deployment under test; nobody listens at the database's address. */
import { newAccessTokenKeys } from "../../local/access-token-keys.ts";

export const SECRETS = {
  DATABASE_URL: "postgresql://nobody:nothing@localhost/none",
  SIGNING_KEYS: "k1:0123456789abcdef0123456789abcdef",
  AGENT_TOKEN: "agent-token-for-tests-0123456789abcdef",
  BOOTSTRAP_SECRET: "bootstrap-secret-for-tests-0123456789",
  ACCESS_TOKEN_KEYS: newAccessTokenKeys(),
  ENCRYPTION_KEYS: "e1:fedcba9876543210fedcba9876543210",
};
