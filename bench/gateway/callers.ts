/** Who asks: nobody, a key, and a user who has logged in; all by the doors that everybody uses. */
import type { Connection } from "../connection.ts";
import { expectStatus } from "../job-client.ts";
import { PATHS } from "./paths.ts";

export const VARIANTS = ["without", "api key", "access token"] as const;
export type Variant = (typeof VARIANTS)[number];

export type Caller = { readonly variant: Variant; readonly path: string; readonly authorization: string };

const TENANT = "ten_bench";
const ADMIN = { email: "ada@example.com", password: "Correct-Horse-7-Staple" };

export async function callers(connection: Connection, bootstrapSecret: string): Promise<readonly Caller[]> {
  const post = async (path: string, authorization: string, status: number, body: object): Promise<unknown> =>
    JSON.parse(expectStatus(await connection.send("POST", path, authorization, JSON.stringify(body)), status, path));
  const { apiKey } = (await post("/internal/bootstrap", `Bearer ${bootstrapSecret}`, 201, {
    tenant: TENANT,
    name: "Bench",
    ...ADMIN,
  })) as { apiKey: string };
  const { accessToken } = (await post("/v1/auth/login", "", 200, {
    tenant: TENANT,
    login: ADMIN.email,
    password: ADMIN.password,
  })) as { accessToken: string };
  return [
    { variant: "without", path: PATHS.open, authorization: "" },
    { variant: "api key", path: PATHS.guarded, authorization: `Bearer ${apiKey}` },
    { variant: "access token", path: PATHS.guarded, authorization: `Bearer ${accessToken}` },
  ];
}
