-- Roles belong to the whole cluster, so another database may have made them. None of them can log in; the queries take
-- one for the length of a transaction, which binds them also where the login is above row-level security, as the owners
-- that hosting companies make often are.
DO $$
DECLARE
	wanted text;
BEGIN
	FOREACH wanted IN ARRAY ARRAY['aima_tenant', 'aima_sweep', 'aima_search'] LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
			EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
		ELSIF EXISTS (SELECT FROM pg_roles WHERE rolname = wanted AND (rolsuper OR rolbypassrls OR rolcanlogin)) THEN
			RAISE EXCEPTION 'the role % exists and is above row-level security or can log in', wanted;
		END IF;
	END LOOP;
END $$;
--> statement-breakpoint
-- Not inherited: the login has the rights of a scope only after it has taken it.
GRANT "aima_tenant", "aima_sweep" TO CURRENT_USER WITH INHERIT FALSE, SET TRUE;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON "assets", "insights", "insight_vectors", "external_vectors" TO "aima_tenant";
--> statement-breakpoint
GRANT SELECT ("tenant", "id", "status", "summary", "deleted") ON "assets" TO "aima_sweep";
--> statement-breakpoint
GRANT SELECT ("tenant", "asset_id", "id", "text", "tsv") ON "insights" TO "aima_search";
--> statement-breakpoint
ALTER TABLE "assets" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "external_vectors" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "insight_vectors" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "insights" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY "tenant_rows" ON "assets" AS PERMISSIVE FOR ALL TO "aima_tenant" USING (tenant = current_setting('aima.tenant', true)) WITH CHECK (tenant = current_setting('aima.tenant', true));--> statement-breakpoint
CREATE POLICY "sweep_reads_all" ON "assets" AS PERMISSIVE FOR SELECT TO "aima_sweep" USING (true);--> statement-breakpoint
CREATE POLICY "tenant_rows" ON "external_vectors" AS PERMISSIVE FOR ALL TO "aima_tenant" USING (tenant = current_setting('aima.tenant', true)) WITH CHECK (tenant = current_setting('aima.tenant', true));--> statement-breakpoint
CREATE POLICY "tenant_rows" ON "insight_vectors" AS PERMISSIVE FOR ALL TO "aima_tenant" USING (tenant = current_setting('aima.tenant', true)) WITH CHECK (tenant = current_setting('aima.tenant', true));--> statement-breakpoint
CREATE POLICY "tenant_rows" ON "insights" AS PERMISSIVE FOR ALL TO "aima_tenant" USING (tenant = current_setting('aima.tenant', true)) WITH CHECK (tenant = current_setting('aima.tenant', true));--> statement-breakpoint
CREATE POLICY "search_reads_all" ON "insights" AS PERMISSIVE FOR SELECT TO "aima_search" USING (true);
--> statement-breakpoint
ALTER TABLE "assets" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "external_vectors" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "insight_vectors" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "insights" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
-- Behind a policy the planner uses an index only for operators that are marked leakproof, and those of words and
-- trigrams are not. These two functions therefore run as a role that the policy lets through, keep to the tenant
-- themselves, and tell ids only: what a search shows of them it reads from the tables, under the policy. The number of
-- rows is low so that the planner looks each of them up by its key and does not read the whole table to join them.
CREATE FUNCTION "insights_with_words"(words tsquery)
RETURNS TABLE (asset_id text, id text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 50 SET search_path = public, pg_temp
AS $$
	SELECT i.asset_id, i.id FROM insights i WHERE i.tsv @@ words AND i.tenant = current_setting('aima.tenant', true)
$$;
--> statement-breakpoint
CREATE FUNCTION "insights_with_wording"(wording text)
RETURNS TABLE (asset_id text, id text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 50 SET search_path = public, pg_temp
AS $$
	SELECT i.asset_id, i.id FROM insights i WHERE wording <% i.text AND i.tenant = current_setting('aima.tenant', true)
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION "insights_with_words", "insights_with_wording" FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION "insights_with_words", "insights_with_wording" TO "aima_tenant";
--> statement-breakpoint
-- Who gives a function away has to be a member of the new owner for that moment, and the owner may have to create there.
GRANT "aima_search" TO CURRENT_USER WITH INHERIT FALSE, SET TRUE;
--> statement-breakpoint
GRANT CREATE ON SCHEMA public TO "aima_search";
--> statement-breakpoint
ALTER FUNCTION "insights_with_words" OWNER TO "aima_search";
--> statement-breakpoint
ALTER FUNCTION "insights_with_wording" OWNER TO "aima_search";
--> statement-breakpoint
REVOKE CREATE ON SCHEMA public FROM "aima_search";
--> statement-breakpoint
REVOKE "aima_search" FROM CURRENT_USER;
