/**
 * The idempotency of one command: the client's key (scoped to tenant, principal and operation by its sender) and a hash of
 * the request. The object that has the effect keeps both with the reply, in the transaction of the effect.
 */
export type Once = { readonly key: string; readonly fingerprint: string };
