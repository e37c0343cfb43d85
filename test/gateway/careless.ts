/** What careless clients send where it does not belong: secrets that nothing else gives away. */
import type { Send } from "./raw-request.ts";
import { OWNER } from "./tenants.ts";

/** Sends them with a key that may do everything, and puts each into `secrets` by where it was. */
export async function plantCarelessly(send: Send, key: string, secrets: Map<string, string>): Promise<void> {
  const planted = (where: string): string => {
    const secret = `Careless-${crypto.randomUUID()}-Qw5!`;
    secrets.set(where, secret);
    return secret;
  };
  const ask = async (method: string, path: string, given: { headers?: object; body?: unknown } = {}) => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", ...given.headers };
    const { body } = given;
    const written = typeof body === "string" ? body : JSON.stringify(body);
    return send({ method, path, headers, body: body === undefined ? null : written });
  };
  const bearer = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } });
  await ask("POST", "/v1/assets", { body: { name: "a.txt", apiKey: planted("a field that is unknown") } });
  await ask("PUT", "/v1/tenant", { body: { name: "Harbour", webhookSecret: planted("the secret of a webhook") } });
  await ask("POST", "/v1/assets", { body: `{"password":"${planted("broken JSON")}` });
  await ask("POST", "/v1/assets", { body: { name: { secret: planted("a field of another type") } } });
  await ask("POST", "/v1/assets", { body: { mediaType: planted("a word of a list") } });
  await ask("GET", `/v1/assets?limit=${planted("a number")}`);
  await ask("GET", `/v1/search?q=harbour&token=${planted("a query")}`);
  await ask("GET", `/v1/nowhere/${planted("a path for no route")}?key=${planted("the query of no route")}`);
  await ask("GET", `/v1/assets/${planted("an id")}`);
  await ask("GET", "/v1/assets", { headers: { cookie: `session=${planted("a cookie")}` } });
  await ask("PUT", "/v1/tenant", { headers: { "if-match": planted("If-Match") }, body: { name: "Harbour" } });
  await ask("POST", "/v1/assets", { headers: { "idempotency-key": planted("Idempotency-Key") }, body: { name: "a" } });
  const basic = Buffer.from(`ada:${planted("Basic")}`).toString("base64");
  await ask("GET", "/v1/assets", { headers: { authorization: `Basic ${basic}` } });
  await ask("GET", "/v1/assets", bearer(planted("a bearer of nobody")));
  for (const path of ["/v1/assets", "/agents/lease", "/internal/bootstrap"])
    await ask("POST", path, {
      ...bearer(planted(`a bearer at ${path}`)),
      body: { password: planted(`body of ${path}`) },
    });
  await ask("POST", `/callbacks/jobs/${planted("the token of an attempt")}`, { body: { reports: [] } });
  await ask("GET", `/blobs/${planted("the token of a file")}`);
  for (const login of ["admin@owner1.example", "nobody@owner1.example"]) {
    const password = planted(`wrong password of ${login}`);
    await ask("POST", "/v1/auth/login", { body: { tenant: OWNER, login, password } });
    await ask("POST", "/v1/auth/login", { body: { tenant: OWNER, login, password, recoveryCode: planted(login) } });
  }
  await ask("POST", "/v1/auth/refresh", { body: { refreshToken: planted("a refresh token") } });
  await ask("POST", "/v1/auth/reset-password", {
    body: { token: planted("a token of a mail"), password: planted("a password with it") },
  });
  await ask("POST", "/v1/auth/register", {
    body: { tenant: OWNER, email: "new@owner1.example", password: planted("a registration") },
  });
  await ask("POST", "/v1/auth/validate-password", { body: { password: planted("a password to judge") } });
}
