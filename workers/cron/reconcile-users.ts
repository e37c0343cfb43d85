/**
 * Every five minutes: compares the list of users with the directories of the tenants, and has the accounts tell again what
 * the list seems to have missed. Their own alarms do this; the sweep is for the alarm that was lost, for the database that
 * was restored from an older day, and for accounts from before there was a list.
 *
 * R1 At most `PAGES` pages a tick, and no longer than the tick is; what was not reached is where the next one begins.
 * R2 A tenant or user that does not answer is passed over and counted.
 */
import { tenantObject, userAccount } from "../../durable-objects/addresses.ts";
import type { Member, MemberPage, UserSweepPosition } from "../../shared/contracts/tenant.ts";
import { PLATFORM_TENANT } from "../../shared/core/access/permissions.ts";
import { IndexUnavailable } from "../../shared/ports/asset-index.ts";
import type { ListedName, UserIndex } from "../../shared/ports/user-index.ts";
import { STANDING } from "../api/routes/users/membership.ts";
import { PLATFORM } from "../queues/dead-letters.ts";

const PAGE = 200;
const PAGES = 100;
/** Less than the five minutes to the next tick. */
const LONGEST_MS = 4 * 60_000;
const AT_ONCE = 10;

export type UserSweepReport = {
  readonly told: number;
  readonly failed: number;
  /** The end was not reached; the next sweep goes on here. */
  readonly unfinished: boolean;
};

/** What the sweep needs of the system; times in milliseconds. */
export type UserSweepDeps = {
  readonly users: Pick<UserIndex, "names" | "forget">;
  readonly now: () => number;
  /** Null after the last. */
  readonly nextTenant: (after: string | null) => Promise<string | null>;
  readonly members: (tenant: string, page: MemberPage) => Promise<readonly Member[]>;
  /** False for an account that never was. */
  readonly relist: (tenant: string, userId: string) => Promise<boolean>;
  readonly position: () => Promise<UserSweepPosition | null>;
  readonly keepPosition: (position: UserSweepPosition | null) => Promise<void>;
};

export async function reconcileUsers(env: Env, users: UserIndex): Promise<UserSweepReport> {
  const books = tenantObject(env, PLATFORM);
  const report = await sweepUsers({
    users,
    now: () => Date.now(),
    nextTenant: async (after) =>
      (await tenantObject(env, PLATFORM_TENANT).listTenants({ after, limit: 1 })).at(0) ?? null,
    members: (tenant, page) => tenantObject(env, tenant).listMembers(page),
    relist: (tenant, userId) => userAccount(env, tenant, userId).relist(),
    position: () => books.userSweepPosition(),
    keepPosition: (position) => books.keepUserSweepPosition(position),
  });
  // eslint-disable-next-line no-console -- the platform's log is the console
  if (report.told + report.failed > 0) console.warn(JSON.stringify({ event: "user_sweep", ...report }));
  return report;
}

/** One round over all tenants, or as much of it as R1 allows. */
export async function sweepUsers(deps: UserSweepDeps): Promise<UserSweepReport> {
  const startedAtMs = deps.now();
  const begin = await deps.position();
  let tenant = begin?.tenant ?? (await deps.nextTenant(null));
  let after = begin?.after ?? "";
  let told = 0;
  let failed = 0;
  for (let page = 0; tenant !== null && page < PAGES && deps.now() - startedAtMs <= LONGEST_MS; page += 1) {
    const compared = await comparedOrNot(deps, tenant, after);
    told += compared.told;
    failed += compared.failed;
    after = compared.last ?? "";
    if (compared.last === null) tenant = await deps.nextTenant(tenant);
  }
  const unfinished = tenant !== null;
  if (unfinished || begin !== null) await deps.keepPosition(tenant === null ? null : { tenant, after });
  return { told, failed, unfinished };
}

type Compared = { readonly told: number; readonly failed: number; readonly last: string | null };

/** R2. */
async function comparedOrNot(deps: UserSweepDeps, tenant: string, after: string): Promise<Compared> {
  try {
    return await comparePage(deps, tenant, after);
  } catch (error) {
    if (error instanceof IndexUnavailable) throw error;
    logFailure(tenant, null, error);
    return { told: 0, failed: 1, last: null };
  }
}

/** The members after one, and their rows; `last` is the last member of a full page. */
async function comparePage(deps: UserSweepDeps, tenant: string, after: string): Promise<Compared> {
  const page = { after: after === "" ? null : after, limit: PAGE, role: null, status: null };
  const members = await deps.members(tenant, page);
  const last = members.length < PAGE ? null : (members.at(-1)?.userId ?? null);
  const rows = await deps.users.names(tenant, { after, upTo: last, limit: 2 * PAGE });
  const waiting = differing(members, rows);
  let told = 0;
  let failed = 0;
  const work = async (): Promise<void> => {
    for (let userId = waiting.shift(); userId !== undefined; userId = waiting.shift()) {
      try {
        if (!(await deps.relist(tenant, userId))) await deps.users.forget(tenant, userId);
        told += 1;
      } catch (error) {
        if (error instanceof IndexUnavailable) throw error;
        failed += 1;
        logFailure(tenant, userId, error);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { told, failed, last };
}

/** Users that are in one of both only, or not the same in both. */
function differing(members: readonly Member[], rows: readonly ListedName[]): string[] {
  const listed = new Map(rows.map((row) => [row.id, row]));
  const changed = members.filter((member) => {
    const row = listed.get(member.userId);
    listed.delete(member.userId);
    return row === undefined || !same(member, row);
  });
  return [...changed.map(({ userId }) => userId), ...listed.keys()];
}

const same = (member: Member, row: ListedName): boolean =>
  member.email === row.email &&
  member.username === row.username &&
  member.role === row.role &&
  member.status === STANDING[row.status];

function logFailure(tenant: string, userId: string | null, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  // eslint-disable-next-line no-console -- the platform's log is the console
  console.error(JSON.stringify({ event: "user_sweep_failed", tenant, userId, error: message }));
}
