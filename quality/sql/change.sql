-- A consensus revision as clients read it: `told` is its JSON, written here so that a feed of
-- millions of rows is no work for anybody else. Put together by hand: json_build_object takes
-- twice the time. What stands between quotes without to_json cannot hold a quote.
CREATE OR REPLACE VIEW concord_change AS
SELECT revision.id, revision.project_id, revision.seq, revision.is_latest, revision.state,
       revision.field, revision.confidence, revision.task_id, item.batch_id, task.part_index,
       concat(
           '{"seq":', revision.seq,
           ',"project":"', project.slug,
           '","external_id":', to_json(item.external_id),
           ',"task":', coalesce('"' || task.uid || '"', 'null'),
           ',"part":', coalesce(task.part_index::text, 'null'),
           ',"field":"', revision.field,
           '","revision":', revision.revision,
           ',"state":"', revision.state,
           '","value":', coalesce(revision.value::text, 'null'),
           ',"distribution":', coalesce(revision.distribution::text, 'null'),
           ',"interval":', coalesce(revision.interval::text, 'null'),
           ',"confidence":', coalesce(revision.confidence::text, 'null'),
           ',"stop_posterior":', coalesce(revision.stop_posterior::text, 'null'),
           ',"share":', coalesce(revision.share::text, 'null'),
           ',"n_answers":', revision.n_answers,
           ',"n_set_aside":', revision.n_set_aside,
           ',"aggregator":{"name":', to_json(revision.aggregator),
           ',"version":', to_json(revision.aggregator_version),
           ',"parameters":', revision.aggregator_parameters,
           '},"guideline_version":', coalesce(revision.guideline_version::text, 'null'),
           ',"human_annotated":', (revision.n_answers > 0)::text,
           ',"cause":"', revision.cause,
           '","resolved_at":', coalesce(
               '"' || replace(to_char(revision.resolved_at AT TIME ZONE 'UTC',
                                      'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000', '') || '"',
               'null'),
           '}') AS told
  FROM quality_revision AS revision
  JOIN tasks_app_project AS project ON project.id = revision.project_id
  JOIN tasks_app_item AS item ON item.id = revision.item_id
  LEFT JOIN tasks_app_task AS task ON task.id = revision.task_id
