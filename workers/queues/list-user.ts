/**
 * Consumer of `index` for users: the list shows what the account says now. The message only says that there is news, so
 * lost, repeated and reordered messages end in the same row.
 */
import type { AccountUpkeepRpc } from "../../shared/contracts/account.ts";
import type { UserMessage } from "../../shared/contracts/queues.ts";
import type { UserIndex } from "../../shared/ports/user-index.ts";

export async function listUser(
  { tenant, userId }: UserMessage,
  account: Pick<AccountUpkeepRpc, "listing" | "confirmListed">,
  users: Pick<UserIndex, "apply" | "forget">,
): Promise<void> {
  const listing = await account.listing();
  if (listing !== null) {
    await users.apply(tenant, userId, listing);
    if (await account.confirmListed(listing.seq)) return;
  }
  // Erased with its tenant, perhaps while its row was written.
  await users.forget(tenant, userId);
}
