-- Lease up to `wanted` tasks to a worker from the first of these projects that have some; as
-- one statement, so that a claim is one round trip and one commit.
CREATE OR REPLACE FUNCTION concord_claim(
    the_projects bigint[], the_worker bigint, wanted int, the_time timestamptz)
RETURNS SETOF concord_lease LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    the_project bigint;
    leases bigint[] := '{}';
BEGIN
    FOREACH the_project IN ARRAY the_projects LOOP
        leases := leases || concord_claim_from(
            the_project, the_worker, wanted - cardinality(leases), the_time);
        EXIT WHEN cardinality(leases) >= wanted;
    END LOOP;
    IF cardinality(leases) > 0 THEN
        -- By chance within a priority: the order they were taken in would betray gold.
        RETURN QUERY
        SELECT lease.*
          FROM concord_lease AS lease
         WHERE lease.id = ANY (leases)
         ORDER BY array_position(the_projects, lease.project_id), lease.priority DESC, lease.uid;
    END IF;
END
$$;

-- The same from the project of this slug; with a tenant, only if the project is its own.
CREATE OR REPLACE FUNCTION concord_claim_by_slug(
    the_slug text, the_tenant bigint, the_worker bigint, wanted int, the_time timestamptz)
RETURNS SETOF concord_lease LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    RETURN QUERY
    SELECT lease.*
      FROM tasks_app_project AS project
     CROSS JOIN LATERAL concord_claim(
           ARRAY[project.id], the_worker, wanted, the_time) AS lease
     WHERE project.slug = the_slug
       AND (the_tenant IS NULL OR project.tenant_id = the_tenant);
END
$$
