import { z } from "zod";
import type { Listing } from "../../contracts/account.ts";
import { ListedUser } from "../../contracts/user.ts";
import { storableText } from "../../core/search/storable.ts";
import type { ListedName, UserFilter, UserIndex, UserSort } from "../../ports/user-index.ts";
import type { Sql } from "./connection.ts";
import { type Scopes, scopesOf } from "./scope.ts";

/** Times as the API writes them: UTC, with milliseconds. */
const instant = (column: string): string => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const NAMES = "id, email, username, role, status";
const LISTED = `${NAMES}, email_verified as "emailVerified", full_name as "fullName", totp, log_ins as "logIns",
  ${instant("password_changed_at")} as "passwordChangedAt", ${instant("last_log_in_at")} as "lastLogInAt",
  ${instant("created_at")} as "createdAt"`;

/** Every time is later than this one, which stands for none. */
const NEVER = "'-infinity'::timestamptz";

/** What is compared, and the position's text as such a value. */
const KEYS = {
  createdAt: ["created_at", "nullif($6, '')::timestamptz"],
  email: ["email", "$6"],
  lastLogInAt: [`coalesce(last_log_in_at, ${NEVER})`, `coalesce(nullif($6, '')::timestamptz, ${NEVER})`],
} as const;

const fold = (text: string): string => storableText(text).toLowerCase();

const isKey = (text: string): text is keyof typeof KEYS => text in KEYS;

function orderOf(sort: UserSort): { column: string; position: string; way: "asc" | "desc"; beyond: "<" | ">" } {
  const name = sort.replace(/^-/, "");
  const [column, position] = KEYS[isKey(name) ? name : "createdAt"];
  return sort.startsWith("-")
    ? { column, position, way: "desc", beyond: "<" }
    : { column, position, way: "asc", beyond: ">" };
}

const Names = z.array(ListedUser.pick({ id: true, email: true, username: true, role: true, status: true }));

/** The list of users in Postgres; one HTTP request and transaction per call. */
export class PostgresUserIndex implements UserIndex {
  readonly #database: Scopes;

  constructor(sql: Sql) {
    this.#database = scopesOf(sql);
  }

  async apply(tenant: string, userId: string, { seq, user }: Listing): Promise<void> {
    const { email = "", emailVerified = false, username = null, fullName = null } = user ?? {};
    const { role = "", status = "deleted", totp = false, logIns = 0 } = user ?? {};
    const folded = fold([email, username, fullName].filter((name) => name !== null).join("\n"));
    const { passwordChangedAt = null, lastLogInAt = null, createdAt = null } = user ?? {};
    await this.#database.scoped(tenant)((sql) => [
      sql`
        insert into users as kept
          (tenant, id, seq, email, email_verified, username, full_name, folded, role, status, totp, log_ins,
            password_changed_at, last_log_in_at, created_at)
        values (${tenant}, ${userId}, ${seq}, ${email}, ${emailVerified}, ${username},
          ${fullName === null ? null : storableText(fullName)}, ${folded}, ${role}, ${status}, ${totp}, ${logIns},
          ${passwordChangedAt}, ${lastLogInAt}, ${createdAt})
        on conflict (tenant, id) do update set
          seq = excluded.seq, email = excluded.email, email_verified = excluded.email_verified,
          username = excluded.username, full_name = excluded.full_name, folded = excluded.folded, role = excluded.role, status = excluded.status,
          totp = excluded.totp, log_ins = excluded.log_ins, password_changed_at = excluded.password_changed_at,
          last_log_in_at = excluded.last_log_in_at, created_at = excluded.created_at
        where kept.seq < excluded.seq`,
    ]);
  }

  async forget(tenant: string, userId: string): Promise<void> {
    await this.#database.scoped(tenant)((sql) => [sql`delete from users where tenant = ${tenant} and id = ${userId}`]);
  }

  async list(tenant: string, { role, status, q, sort, after, limit }: UserFilter): Promise<ListedUser[]> {
    const { column, position, way, beyond } = orderOf(sort);
    const [rows] = await this.#database.scoped(tenant)((sql) => [
      sql.query(
        `select ${LISTED} from users
         where tenant = $1 and status <> 'deleted'
           and ($2::text is null or role = $2) and ($3::text is null or status = $3)
           and ($4::text is null or position($4 in folded) > 0)
           and ($5::text is null or (${column}, id) ${beyond} (${position}, $5))
         order by ${column} ${way}, id ${way} limit $7`,
        [tenant, role, status, q === null ? null : fold(q), after?.id ?? null, after?.key ?? "", limit],
      ),
    ]);
    return z.array(ListedUser).parse(rows);
  }

  async names(
    tenant: string,
    { after, upTo, limit }: { after: string; upTo: string | null; limit: number },
  ): Promise<ListedName[]> {
    const [rows] = await this.#database.scoped(tenant)((sql) => [
      sql.query(
        `select ${NAMES} from users
         where tenant = $1 and status <> 'deleted' and id > $2 and ($3::text is null or id <= $3)
         order by id limit $4`,
        [tenant, after, upTo, limit],
      ),
    ]);
    return Names.parse(rows);
  }
}
