/** One request to a system under test, as JSON both ways. */
export type Called = { readonly status: number; readonly body: Record<string, unknown> };

/** `token`: sent as a bearer; null for none. An empty answer is `{}`. */
export async function call(
  baseUrl: string,
  method: string,
  path: string,
  token: string | null,
  body: object | null = null,
): Promise<Called> {
  const reply = await fetch(`${baseUrl}${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === null ? {} : { "content-type": "application/json" }),
    },
    ...(body === null ? {} : { body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  // SAFETY: the tests look at what they name.
  return { status: reply.status, body: (text === "" ? {} : JSON.parse(text)) as Record<string, unknown> };
}
