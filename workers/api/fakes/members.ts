import type { Once } from "../../../shared/contracts/once.ts";
import type { Leased } from "../../../shared/contracts/principal.ts";
import type {
  Member,
  MemberChange,
  MemberPage,
  TenantAccessRpc,
  TenantMembersRpc,
} from "../../../shared/contracts/tenant.ts";
import { ok, refuse, type Result } from "../../../shared/core/result.ts";
import type { ErrorCode } from "../../../shared/errors/codes.ts";
import type { Refusal } from "../../../shared/errors/refusal.ts";

const no = (code: ErrorCode): { ok: false; error: Refusal } => refuse({ code, detail: `Refused: ${code}.` });

/** The directory of a tenant in memory; `active` is null for a tenant that is not there. */
export class FakeMembers implements TenantMembersRpc, Pick<TenantAccessRpc, "standing"> {
  active: boolean | null;
  readonly #members = new Map<string, Member>();
  readonly #kept = new Map<string, { once: Once; member: Member }>();

  constructor(active: boolean | null) {
    this.active = active;
  }

  async standing(): Promise<Leased<{ readonly active: boolean }> | null> {
    return this.active === null ? null : { value: { active: this.active }, leaseMs: 2_000 };
  }

  async reserveMember(wanted: Omit<Member, "status">, once: Once | null): Promise<Result<Member, Refusal>> {
    if (this.active === null) return no("not_found");
    if (!this.active) return no("tenant_suspended");
    const kept = once === null ? undefined : this.#kept.get(once.key);
    if (kept !== undefined) {
      return kept.once.fingerprint === once?.fingerprint ? ok(kept.member) : no("idempotency_conflict");
    }
    const taken = this.#taken(wanted);
    if (taken !== null) return no(taken);
    const member: Member = { ...wanted, status: "reserved" };
    this.#members.set(wanted.userId, member);
    if (once !== null) this.#kept.set(once.key, { once, member });
    return ok(member);
  }

  async confirmMember(userId: string, status: "invited" | "pending" | "active") {
    return this.updateMember(userId, { status });
  }

  async updateMember(userId: string, change: MemberChange): Promise<Result<Member, Refusal>> {
    const before = this.#members.get(userId);
    if (before === undefined) return no("not_found");
    const after = { ...before, ...change };
    const taken = this.#taken(after);
    if (taken !== null) return no(taken);
    if (isAdmin(before) && !isAdmin(after) && this.#admins() === 1) return no("last_admin");
    this.#members.set(userId, after);
    return ok(after);
  }

  async removeMember(userId: string): Promise<Result<null, Refusal>> {
    const before = this.#members.get(userId);
    if (before !== undefined && isAdmin(before) && this.#admins() === 1) return no("last_admin");
    this.#members.delete(userId);
    return ok(null);
  }

  async member(userId: string) {
    return this.#members.get(userId) ?? null;
  }

  async memberByLogin(login: string) {
    const name = login.trim().toLowerCase();
    return this.#known().find(({ email, username }) => email === name || username === name) ?? null;
  }

  async listMembers({ after, limit, role, status }: MemberPage) {
    return this.#known()
      .filter((each) => (role === null || each.role === role) && (status === null || each.status === status))
      .toSorted((a, b) => (a.userId < b.userId ? -1 : 1))
      .filter(({ userId }) => userId > (after ?? ""))
      .slice(0, limit);
  }

  async memberCounts() {
    return { members: this.#known().length, activeAdmins: this.#admins() };
  }

  #known = (): Member[] => [...this.#members.values()].filter(({ status }) => status !== "reserved");
  #admins = (): number => [...this.#members.values()].filter(isAdmin).length;

  #taken({ userId, email, username }: Pick<Member, "userId" | "email" | "username">): ErrorCode | null {
    const others = [...this.#members.values()].filter((each) => each.userId !== userId);
    if (others.some((each) => each.email === email)) return "email_taken";
    return username !== null && others.some((each) => each.username === username) ? "username_taken" : null;
  }
}

const isAdmin = ({ role, status }: Member): boolean => role === "admin" && status === "active";
