-- A consensus revision as clients read it: `told` is its JSON, written here so that a feed of
-- millions of rows is no work for anybody else.
CREATE OR REPLACE VIEW concord_change AS
SELECT revision.id, revision.project_id, revision.seq, revision.is_latest, revision.state,
       revision.field, revision.confidence, revision.task_id, item.batch_id, task.part_index,
       json_build_object(
           'seq', revision.seq,
           'project', project.slug,
           'external_id', item.external_id,
           'task', task.uid,
           'part', task.part_index,
           'field', revision.field,
           'revision', revision.revision,
           'state', revision.state,
           'value', revision.value,
           'distribution', revision.distribution,
           'interval', revision.interval,
           'confidence', revision.confidence,
           'stop_posterior', revision.stop_posterior,
           'share', revision.share,
           'n_answers', revision.n_answers,
           'n_set_aside', revision.n_set_aside,
           'aggregator', json_build_object(
               'name', revision.aggregator,
               'version', revision.aggregator_version,
               'parameters', revision.aggregator_parameters),
           'guideline_version', revision.guideline_version,
           'human_annotated', revision.n_answers > 0,
           'cause', revision.cause,
           'resolved_at', replace(to_char(revision.resolved_at AT TIME ZONE 'UTC',
                                          'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000', '')
       )::text AS told
  FROM quality_revision AS revision
  JOIN tasks_app_project AS project ON project.id = revision.project_id
  JOIN tasks_app_item AS item ON item.id = revision.item_id
  LEFT JOIN tasks_app_task AS task ON task.id = revision.task_id
