/** What a request is authorised by. */

export type Credential = {
  /** The text after `Bearer`, for a request that is about to be sent. */
  readonly current: () => Promise<string>;
  /** Another one after the API refused `refused` with 401; null when there is none. */
  readonly renewed: (refused: string) => Promise<string | null>;
};

/** An API key stays what it is: there is no other when it is refused. */
export const keyCredential = (apiKey: string): Credential => ({
  current: () => Promise.resolve(apiKey),
  renewed: () => Promise.resolve(null),
});

/**
 * Sends with the credential, and after a 401 once more with a renewed one: what was refused so has changed nothing. The
 * second answer counts, whatever it is.
 */
export async function authorised(
  credential: Credential,
  send: (authorization: string) => Promise<Response>,
): Promise<Response> {
  const token = await credential.current();
  const response = await send(`Bearer ${token}`);
  if (response.status !== 401) return response;
  const other = await credential.renewed(token);
  if (other === null) return response;
  await response.body?.cancel();
  return send(`Bearer ${other}`);
}
