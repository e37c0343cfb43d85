/**
 * The tables of the index. They are projections: everything in them can be made again from the asset journals and the
 * accounts of the users.
 *
 * Every primary key begins with the tenant, and every table has the policy `tenant_rows`: the role of the queries sees
 * and writes the rows of the tenant its transaction names, and without a name none. The security is forced, so a table's
 * owner without a policy sees nothing either: a migration that changes rows has to lift it (`no force`) and set it again.
 *
 * `migrations/` is generated from this file; what drizzle cannot say (extensions, the index classes of pg_trgm, roles,
 * privileges, forced security, functions) is written by hand in the migration itself.
 */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgPolicy,
  pgRole,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from "drizzle-orm/pg-core";

const tsvector = customType<{ data: string }>({ dataType: () => "tsvector" });
const int8multirange = customType<{ data: string }>({ dataType: () => "int8multirange" });
/** Compared by code points, as the ids and the lists of the API are. */
const exactText = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });
/** Without a number of dimensions: one column holds the vectors of all spaces. */
const vector = customType<{ data: string }>({ dataType: () => "vector" });

/** Queries for one tenant, named by the setting `aima.tenant` of the transaction. */
const tenantRole = pgRole("aima_tenant").existing();
/** The operator's sweep: reads where the assets of all tenants stand, and nothing else. */
const sweepRole = pgRole("aima_sweep").existing();
/** Owns the functions that use the indexes of texts, and is nobody's role (see the migration). */
const searchRole = pgRole("aima_search").existing();

const tenantRows = () =>
  pgPolicy("tenant_rows", {
    to: tenantRole,
    using: sql`tenant = current_setting('aima.tenant', true)`,
    withCheck: sql`tenant = current_setting('aima.tenant', true)`,
  });

export const assets = pgTable(
  "assets",
  {
    tenant: text("tenant").notNull(),
    id: text("id").notNull(),
    /** Journal numbers whose changes are in these rows, as half-open intervals. */
    applied: int8multirange("applied").notNull(),
    /** The journal number that the summary tells of. */
    summarySeq: bigint("summary_seq", { mode: "number" }).notNull(),
    name: text("name").notNull(),
    status: text("status").notNull(),
    mediaType: text("media_type"),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull(),
    /** An `AssetSummary`. */
    summary: jsonb("summary").notNull(),
    /** A tombstone: set once, never taken back. */
    deleted: boolean("deleted").notNull(),
  },
  (table) => [
    tenantRows(),
    pgPolicy("sweep_reads_all", { for: "select", to: sweepRole, using: sql`true` }),
    primaryKey({ columns: [table.tenant, table.id] }),
    // The sweep looks at what is under way, never at the finished ones, which are nearly all.
    index("assets_unfinished")
      .on(sql`(summary->>'updatedAt')`, table.tenant, table.id)
      .where(sql`not deleted and status in ('inspecting', 'analysing')`),
    index("assets_newest").on(table.tenant, table.createdAt.desc().nullsFirst(), table.id.desc().nullsFirst()),
  ],
);

export const insights = pgTable(
  "insights",
  {
    tenant: text("tenant").notNull(),
    assetId: text("asset_id").notNull(),
    id: text("id").notNull(),
    /** The number of the change that brought it; only a newer one replaces it. */
    seq: bigint("seq", { mode: "number" }).notNull(),
    kind: text("kind").notNull(),
    text: text("text"),
    /** Words as they are written, for exact and foreign words, and as English stems, for inflected ones. */
    tsv: tsvector("tsv").generatedAlwaysAs(
      sql`to_tsvector('simple', coalesce("text", '')) || to_tsvector('english', coalesce("text", ''))`,
    ),
    startMs: doublePrecision("start_ms"),
    endMs: doublePrecision("end_ms"),
    page: integer("page"),
    box: jsonb("box"),
    data: jsonb("data").notNull(),
    confidence: doublePrecision("confidence"),
  },
  (table) => [
    tenantRows(),
    pgPolicy("search_reads_all", { for: "select", to: searchRole, using: sql`true` }),
    primaryKey({ columns: [table.tenant, table.assetId, table.id] }),
    index("insights_words").using("gin", table.tsv),
    index("insights_trigrams").using("gin", table.text.op("gin_trgm_ops")),
  ],
);

export const insightVectors = pgTable(
  "insight_vectors",
  {
    tenant: text("tenant").notNull(),
    space: text("space").notNull(),
    assetId: text("asset_id").notNull(),
    insightId: text("insight_id").notNull(),
    vector: vector("vector").notNull(),
  },
  (table) => [
    tenantRows(),
    primaryKey({ columns: [table.tenant, table.space, table.assetId, table.insightId] }),
    index("insight_vectors_asset").on(table.tenant, table.assetId),
  ],
);

/** Which vectors an external vector index holds, because such an index cannot list its ids. */
export const externalVectors = pgTable(
  "external_vectors",
  {
    tenant: text("tenant").notNull(),
    vectorId: text("vector_id").notNull(),
    space: text("space").notNull(),
    assetId: text("asset_id").notNull(),
    insightId: text("insight_id").notNull(),
  },
  (table) => [
    tenantRows(),
    primaryKey({ columns: [table.tenant, table.vectorId] }),
    index("external_vectors_asset").on(table.tenant, table.assetId),
  ],
);

/** The list of users. Nothing that lets anybody in is here. */
export const users = pgTable(
  "users",
  {
    tenant: text("tenant").notNull(),
    id: exactText("id").notNull(),
    /** The number of the change that the row shows; only a higher one replaces it. */
    seq: bigint("seq", { mode: "number" }).notNull(),
    email: exactText("email").notNull(),
    emailVerified: boolean("email_verified").notNull(),
    username: text("username"),
    fullName: text("full_name"),
    /** Address and names in small letters, made outside of the database: what it knows of letters depends on its locale. */
    folded: text("folded").notNull(),
    role: text("role").notNull(),
    /** `deleted`: a tombstone, which has the id and the number only. */
    status: text("status").notNull(),
    totp: boolean("totp").notNull(),
    logIns: integer("log_ins").notNull(),
    passwordChangedAt: timestamp("password_changed_at", { withTimezone: true }),
    lastLogInAt: timestamp("last_log_in_at", { withTimezone: true }),
    /** Null in a tombstone. */
    createdAt: timestamp("created_at", { withTimezone: true }),
  },
  (table) => [
    tenantRows(),
    primaryKey({ columns: [table.tenant, table.id] }),
    index("users_created").on(table.tenant, table.createdAt, table.id),
    index("users_email").on(table.tenant, table.email, table.id),
  ],
);
