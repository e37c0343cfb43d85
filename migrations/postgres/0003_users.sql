CREATE TABLE "users" (
	"tenant" text NOT NULL,
	"id" text COLLATE "C" NOT NULL,
	"seq" bigint NOT NULL,
	"email" text COLLATE "C" NOT NULL,
	"email_verified" boolean NOT NULL,
	"username" text,
	"full_name" text,
	"folded" text NOT NULL,
	"role" text NOT NULL,
	"status" text NOT NULL,
	"totp" boolean NOT NULL,
	"log_ins" integer NOT NULL,
	"password_changed_at" timestamp with time zone,
	"last_log_in_at" timestamp with time zone,
	"created_at" timestamp with time zone,
	CONSTRAINT "users_tenant_id_pk" PRIMARY KEY("tenant","id")
);
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON "users" TO "aima_tenant";
--> statement-breakpoint
ALTER TABLE "users" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE INDEX "users_created" ON "users" USING btree ("tenant","created_at","id");--> statement-breakpoint
CREATE INDEX "users_email" ON "users" USING btree ("tenant","email","id");--> statement-breakpoint
CREATE POLICY "tenant_rows" ON "users" AS PERMISSIVE FOR ALL TO "aima_tenant" USING (tenant = current_setting('aima.tenant', true)) WITH CHECK (tenant = current_setting('aima.tenant', true));
--> statement-breakpoint
ALTER TABLE "users" FORCE ROW LEVEL SECURITY;
