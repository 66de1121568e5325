-- Answers to these gold tasks that have no result yet, beside what is known of their items. Of
-- gold made from consensus, the answers that it was made from are none.
SELECT answer.id, answer.worker_id, answer.task_id, answer.values, answer.answered_at,
       item.gold, task.state = 'open' AS counts
  FROM tasks_app_task AS task
  JOIN tasks_app_item AS item ON item.id = task.item_id
  JOIN tasks_app_answer AS answer ON answer.task_id = task.id
  LEFT JOIN quality_promotion AS promotion ON promotion.task_id = task.id
 WHERE task.id = ANY (%(task_ids)s) AND task.is_gold
   AND answer.id > coalesce(promotion.last_answer, 0)
   AND NOT EXISTS (SELECT FROM quality_goldresult AS told WHERE told.answer_id = answer.id)
