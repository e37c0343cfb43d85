/** A tenant with one user, Ada, and what its tests send. */
import { makeWorld } from "./world.ts";

type Answered = Record<string, unknown>;
export const json = async (response: Response): Promise<Answered> => (await response.json()) as Answered;
/** Status and code of a refusal. */
export const codeOf = async (response: Response): Promise<unknown> => [response.status, (await json(response))["code"]];

export async function world(given: Parameters<typeof makeWorld>[0] = {}) {
  const made = makeWorld(given);
  const ada = await made.found("ada");
  const send = (method: string, path: string, body: unknown, key: string | null = null): Promise<Response> =>
    made.call(`/v1/auth/${path}`, {
      method,
      key,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  const post = (path: string, body?: unknown, key?: string): Promise<Response> => send("POST", path, body, key);
  const logIn = (over: object = {}): Promise<Response> =>
    post("login", { tenant: "ten_one1", login: "ada", password: "ada-password", ...over });
  const enter = async (): Promise<{ key: string; refreshToken: string; sessionId: string }> => {
    const { accessToken, refreshToken, sessionId } = await json(await logIn());
    return { key: String(accessToken), refreshToken: String(refreshToken), sessionId: String(sessionId) };
  };
  return { ...made, ada, account: made.accountOf("ten_one1", ada), send, post, logIn, enter };
}
