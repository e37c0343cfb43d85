CREATE EXTENSION IF NOT EXISTS vector;
--> statement-breakpoint
CREATE EXTENSION IF NOT EXISTS pg_trgm;
--> statement-breakpoint
CREATE TABLE "assets" (
	"tenant" text NOT NULL,
	"id" text NOT NULL,
	"applied" "int8multirange" NOT NULL,
	"summary_seq" bigint NOT NULL,
	"name" text NOT NULL,
	"status" text NOT NULL,
	"media_type" text,
	"created_at" timestamp with time zone NOT NULL,
	"summary" jsonb NOT NULL,
	"deleted" boolean NOT NULL,
	CONSTRAINT "assets_tenant_id_pk" PRIMARY KEY("tenant","id")
);
--> statement-breakpoint
CREATE TABLE "external_vectors" (
	"tenant" text NOT NULL,
	"vector_id" text NOT NULL,
	"space" text NOT NULL,
	"asset_id" text NOT NULL,
	"insight_id" text NOT NULL,
	CONSTRAINT "external_vectors_tenant_vector_id_pk" PRIMARY KEY("tenant","vector_id")
);
--> statement-breakpoint
CREATE TABLE "insight_vectors" (
	"tenant" text NOT NULL,
	"space" text NOT NULL,
	"asset_id" text NOT NULL,
	"insight_id" text NOT NULL,
	"vector" vector NOT NULL,
	CONSTRAINT "insight_vectors_tenant_space_asset_id_insight_id_pk" PRIMARY KEY("tenant","space","asset_id","insight_id")
);
--> statement-breakpoint
CREATE TABLE "insights" (
	"tenant" text NOT NULL,
	"asset_id" text NOT NULL,
	"id" text NOT NULL,
	"seq" bigint NOT NULL,
	"kind" text NOT NULL,
	"text" text,
	"tsv" "tsvector" GENERATED ALWAYS AS (to_tsvector('simple', coalesce("text", '')) || to_tsvector('english', coalesce("text", ''))) STORED,
	"start_ms" double precision,
	"end_ms" double precision,
	"page" integer,
	"box" jsonb,
	"data" jsonb NOT NULL,
	"confidence" double precision,
	CONSTRAINT "insights_tenant_asset_id_id_pk" PRIMARY KEY("tenant","asset_id","id")
);
--> statement-breakpoint
CREATE INDEX "assets_newest" ON "assets" USING btree ("tenant","created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "external_vectors_asset" ON "external_vectors" USING btree ("tenant","asset_id");--> statement-breakpoint
CREATE INDEX "insight_vectors_asset" ON "insight_vectors" USING btree ("tenant","asset_id");--> statement-breakpoint
CREATE INDEX "insights_words" ON "insights" USING gin ("tsv");--> statement-breakpoint
CREATE INDEX "insights_trigrams" ON "insights" USING gin ("text" gin_trgm_ops);
