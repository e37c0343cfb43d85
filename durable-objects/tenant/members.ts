/**
 * The directory of a tenant's members.
 *
 * M1 An e-mail address and a user name belong to one member at a time, whatever their case.
 * M2 A reservation holds for 15 minutes; then the next who asks for its names gets them.
 * M3 A tenant that has an active admin never loses the last one.
 */
import type { Member, MemberChange, MemberPage, MemberStatus } from "../../shared/contracts/tenant.ts";
import type { Role } from "../../shared/core/access/permissions.ts";
import { ok, refuse, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";

const RESERVED_MS = 15 * 60_000;

type Row = { user_id: string; email: string; username: string | null; role: string; status: string };

/** The form in which names are kept and compared; the callers have checked that they are names. */
const normal = (name: string): string => name.trim().toLowerCase();
const nameOf = (username: string | null): string | null => (username === null ? null : normal(username));

export class MemberStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  reserve(
    wanted: { userId: string; email: string; username: string | null; role: Role },
    nowMs: number,
  ): Result<Member, Refusal> {
    this.#keepIds("status = 'reserved' AND reserved_until <= ?", nowMs);
    this.#sql.exec("DELETE FROM members WHERE status = 'reserved' AND reserved_until <= ?", nowMs);
    const known = this.get(wanted.userId);
    if (known !== null) return ok(known);
    const email = normal(wanted.email);
    const username = nameOf(wanted.username);
    const taken = this.#taken(wanted.userId, email, username);
    if (taken !== null) return refuse(taken);
    this.#sql.exec(
      "INSERT INTO members (user_id, email, username, role, status, reserved_until) VALUES (?, ?, ?, ?, 'reserved', ?)",
      wanted.userId,
      email,
      username,
      wanted.role,
      nowMs + RESERVED_MS,
    );
    return ok({ userId: wanted.userId, email, username, role: wanted.role, status: "reserved" });
  }

  update(userId: string, change: MemberChange): Result<Member, Refusal> {
    const before = this.get(userId);
    if (before === null) return noMember;
    const after: Member = {
      userId,
      email: change.email === undefined ? before.email : normal(change.email),
      username: change.username === undefined ? before.username : nameOf(change.username),
      role: change.role ?? before.role,
      status: change.status ?? before.status,
    };
    const taken = this.#taken(userId, after.email, after.username);
    if (taken !== null) return refuse(taken);
    if (isAdmin(before) && !isAdmin(after) && this.counts().activeAdmins === 1) return lastAdmin;
    this.#sql.exec(
      "UPDATE members SET email = ?, username = ?, role = ?, status = ?, reserved_until = CASE ?4 WHEN 'reserved' THEN reserved_until END WHERE user_id = ?",
      after.email,
      after.username,
      after.role,
      after.status,
      userId,
    );
    return ok(after);
  }

  remove(userId: string): Result<null, Refusal> {
    const before = this.get(userId);
    if (before !== null && isAdmin(before) && this.counts().activeAdmins === 1) return lastAdmin;
    this.#keepIds("user_id = ?", userId);
    this.#sql.exec("DELETE FROM members WHERE user_id = ?", userId);
    return ok(null);
  }

  get(userId: string): Member | null {
    return this.#one("SELECT * FROM members WHERE user_id = ?", userId);
  }

  byLogin(login: string): Member | null {
    const column = login.includes("@") ? "email" : "username";
    return this.#one(`SELECT * FROM members WHERE ${column} = ? AND status <> 'reserved'`, normal(login));
  }

  list({ after, limit, role, status }: MemberPage): Member[] {
    return this.#sql
      .exec<Row>(
        `SELECT * FROM members WHERE status <> 'reserved' AND user_id > ?1 AND (?2 IS NULL OR role = ?2)
           AND (?3 IS NULL OR status = ?3) ORDER BY user_id LIMIT ?4`,
        after ?? "",
        role,
        status,
        limit,
      )
      .toArray()
      .map(memberOf);
  }

  counts(): { members: number; activeAdmins: number } {
    return this.#sql
      .exec<{ members: number; activeAdmins: number }>(
        `SELECT count(*) FILTER (WHERE status <> 'reserved') AS members,
                count(*) FILTER (WHERE status = 'active' AND role = 'admin') AS activeAdmins FROM members`,
      )
      .one();
  }

  /** Who leaves the directory has an account all the same, which the deletion of the tenant has to find. */
  #keepIds(condition: string, value: string | number): void {
    this.#sql.exec(
      `INSERT OR IGNORE INTO former_members (user_id) SELECT user_id FROM members WHERE ${condition}`,
      value,
    );
  }

  #one(statement: string, value: string): Member | null {
    const row = this.#sql.exec<Row>(statement, value).toArray()[0];
    return row === undefined ? null : memberOf(row);
  }

  #taken(userId: string, email: string, username: string | null): Refusal | null {
    const others = this.#sql
      .exec<Row>("SELECT * FROM members WHERE user_id <> ? AND (email = ? OR username = ?)", userId, email, username)
      .toArray();
    if (others.some((other) => other.email === email)) {
      return { code: "email_taken", detail: "Another member has this e-mail address.", pointer: "/email" };
    }
    if (others.length === 0) return null;
    return { code: "username_taken", detail: "Another member has this user name.", pointer: "/username" };
  }
}

function memberOf(row: Row): Member {
  // SAFETY: written by `reserve` and `update` from values of these types.
  const { role, status } = row as { role: Role; status: MemberStatus };
  return { userId: row.user_id, email: row.email, username: row.username, role, status };
}

const isAdmin = ({ role, status }: Member): boolean => role === "admin" && status === "active";

const noMember = refuse<Refusal>({ code: "not_found", detail: "There is no such member." });
const lastAdmin = refuse<Refusal>({ code: "last_admin", detail: "This is the tenant's only active admin." });
