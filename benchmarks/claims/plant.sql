-- Workers with keys, all admitted to the project.
INSERT INTO accounts_user
       (password, uid, tenant_id, role, username, email, recorded, created_at)
SELECT '!', gen_random_uuid(), {tenant}, 'worker', 'bench-' || n, '', false, now()
  FROM generate_series(0, {n_workers} - 1) AS n;
INSERT INTO accounts_tenantworker (tenant_id, worker_id, pseudonym, invited, since)
SELECT {tenant}, id, 'w_' || substr(md5(username), 1, 16), true, now()
  FROM accounts_user WHERE username LIKE 'bench-%';
INSERT INTO tasks_app_admission (worker_id, project_id, may_claim, reason_code)
SELECT id, {project}, true, '' FROM accounts_user WHERE username LIKE 'bench-%';
INSERT INTO accounts_key (uid, user_id, tenant_id, digest, scopes, created_at)
SELECT gen_random_uuid(), id, {tenant}, sha256(('cc_' || username)::bytea), '{{work}}', now()
  FROM accounts_user WHERE username LIKE 'bench-%';
-- What an upload of so many items leaves behind.
INSERT INTO tasks_app_batch (project_id, name, created_at) VALUES ({project}, 'bench', now());
INSERT INTO tasks_app_item
       (project_id, batch_id, external_id, payload, digest, hint, priority, created_at,
        withdrawn_because)
SELECT {project}, (SELECT id FROM tasks_app_batch WHERE project_id = {project}),
       'i' || lpad(n::text, 8, '0'), {payload}, decode(md5(n::text), 'hex'), '', {priority},
       now(), ''
  FROM generate_series(1, {n_tasks}) AS n;
INSERT INTO tasks_app_task
       (uid, project_id, item_id, is_gold, state, priority, rank, slots, open_slots, answers_due,
        is_open, n_answers, late_xid)
SELECT uuidv7(), project_id, id, false, 'open', priority, 0, {slots}, {slots}, {slots}, true, 0, 0
  FROM tasks_app_item WHERE project_id = {project} ORDER BY id;
UPDATE tasks_app_project SET queue_epoch = queue_epoch + 1 WHERE id = {project};
-- What was answered by somebody who has done the most urgent tasks, still open for others.
INSERT INTO tasks_app_assignment
       (uid, project_id, task_id, worker_id, state, guideline_version, leased_at, leased_until,
        n_extended, skipped_because)
SELECT gen_random_uuid(), {project}, task.id, heavy.id, 'answered', 1, now(), now(), 0, ''
  FROM (SELECT id FROM tasks_app_task WHERE project_id = {project}
         ORDER BY priority * -1, rank, id LIMIT {n_done}) AS task
 CROSS JOIN (SELECT id FROM accounts_user WHERE username = 'bench-0') AS heavy;
INSERT INTO tasks_app_answer
       (project_id, task_id, worker_id, assignment_id, "values", answered_at, elapsed_s, late,
        guideline_version)
SELECT project_id, task_id, worker_id, id, '{{"kind": "wren"}}', now(), 5, false, 1
  FROM tasks_app_assignment WHERE project_id = {project};
UPDATE tasks_app_task
   SET open_slots = open_slots - 1, answers_due = answers_due - 1, n_answers = 1
 WHERE id IN (SELECT task_id FROM tasks_app_answer WHERE project_id = {project});
INSERT INTO tasks_app_tally (project_id, items, tasks, open_tasks, answers)
VALUES ({project}, {n_tasks}, {n_tasks}, {n_tasks}, {n_done})
