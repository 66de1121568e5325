-- Cut the tasks of the items just stored. Gold is served without bound, so it has no slots.
INSERT INTO tasks_app_task
       (uid, project_id, item_id, part_index, part_of, part_start, part_end, is_gold, state,
        priority, rank, slots, open_slots, answers_due, is_open, n_answers, late_xid)
SELECT gen_random_uuid(), %(project_id)s, fresh.item_id, part.index, part.n_parts,
       part.part_start, part.part_end, staged.gold IS NOT NULL, 'open', staged.priority, 0,
       given.slots, given.slots, given.slots, true, 0,
       CASE WHEN %(come_late)s THEN pg_current_xact_id()::text::bigint ELSE 0 END
  FROM stage_new AS fresh
  JOIN stage_item AS staged USING (row)
  JOIN stage_part AS part USING (row)
 CROSS JOIN LATERAL (
       SELECT CASE WHEN staged.gold IS NULL THEN %(slots)s::int END AS slots) AS given
 ORDER BY fresh.row, part.index
