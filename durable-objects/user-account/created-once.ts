/**
 * A creation with its idempotency key. The request may have a password in it, which a plain hash of the request would let
 * somebody guess: what is kept of it is made with a key that is not in the database.
 */
import { createHmac } from "node:crypto";
import type { Once } from "../../shared/contracts/once.ts";
import { UserView } from "../../shared/contracts/user.ts";
import { ok, refuse, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import type { SigningKey } from "../../shared/tokens/signed-token.ts";
import { Idempotency } from "../runtime/idempotency.ts";

type Created = Result<UserView, Refusal> & { readonly replayed?: true };

const sealedBy = ({ secret }: SigningKey, fingerprint: string): string =>
  createHmac("sha256", secret).update(`create\n${fingerprint}`).digest("hex");

/** In the transaction of its caller. The first key makes what is kept, all of them recognise it. */
export function createdOnce(
  sql: SqlStorage,
  keys: readonly SigningKey[],
  once: Once | null,
  decide: () => Created,
): Created {
  if (once === null) return decide();
  const nowMs = Date.now();
  const idempotency = new Idempotency(sql);
  const fingerprints = keys.map((key) => sealedBy(key, once.fingerprint));
  const known = fingerprints.map((each) => idempotency.look(once.key, each, nowMs));
  const same = known.find(({ kind }) => kind === "same");
  if (same?.kind === "same") return { ...ok(UserView.parse(same.reply)), replayed: true };
  if (known.some(({ kind }) => kind === "conflict")) {
    return refuse({ code: "idempotency_conflict", detail: "The key was used with another request." });
  }
  const created = decide();
  if (created.ok) idempotency.record(once.key, fingerprints[0] ?? "", created.value, nowMs);
  return created;
}
