-- An assignment with all that its worker sees of it, as a claim returns it and as it is looked
-- up again. Documents stay text: most go to the worker as they are.
CREATE OR REPLACE VIEW concord_lease AS
SELECT assignment.id, assignment.uid, assignment.state, assignment.guideline_version,
       assignment.leased_at, assignment.leased_until, assignment.worker_id,
       task.id AS task_id, task.uid AS task_uid, task.part_index, task.part_of, task.part_start,
       task.part_end, task.priority, item.payload::text AS payload,
       project.id AS project_id, project.slug, project.tenant_id, project.form::text AS form,
       project.split::text AS split, project.lease_s,
       CASE WHEN assignment.is_paid THEN project.reward_micros ELSE 0 END AS reward_micros,
       project.reward_currency, project.show_predictions,
       answer.values::text AS answer, answer.answered_at, answer.late,
       -- Known to the door alone: nothing that a worker reads tells gold apart.
       project.gold_feedback AND task.is_gold AS gives_feedback
  FROM tasks_app_assignment AS assignment
  JOIN tasks_app_task AS task ON task.id = assignment.task_id
  JOIN tasks_app_item AS item ON item.id = task.item_id
  JOIN tasks_app_project AS project ON project.id = assignment.project_id
  LEFT JOIN tasks_app_answer AS answer ON answer.assignment_id = assignment.id;

-- The worker's own assignment of this id; with a tenant, only on its projects. A function, so
-- that the plan of so many joins is made once.
CREATE OR REPLACE FUNCTION concord_find_lease(the_uid uuid, the_worker bigint, the_tenant bigint)
RETURNS SETOF concord_lease LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
    RETURN QUERY
    SELECT lease.*
      FROM concord_lease AS lease
     WHERE lease.uid = the_uid AND lease.worker_id = the_worker
       AND (the_tenant IS NULL OR lease.tenant_id = the_tenant);
END
$$
