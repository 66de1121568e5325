"""What is still to be done; the service is quiet when there is nothing."""

from chaos.audit.finding import Finding, Scene

LEFT = """
SELECT (SELECT count(*) FROM quality_settledue WHERE project_id = %(project)s),
       (SELECT count(*) FROM quality_settling
         WHERE project_id = %(project)s AND refit_at IS NOT NULL),
       (SELECT count(*) FROM quality_push
         WHERE project_id = %(project)s AND state IN ('pending', 'running')),
       (SELECT count(*) FROM webhooks_delivery AS delivery
          JOIN webhooks_endpoint AS endpoint ON endpoint.id = delivery.endpoint_id
         WHERE delivery.state <> 'delivered' AND endpoint.projects = ARRAY[%(slug)s]::varchar[]),
       (SELECT count(*) FROM webhooks_endpoint AS endpoint
          JOIN quality_settling AS settling ON settling.project_id = %(project)s
          LEFT JOIN webhooks_cursor AS cursor
            ON cursor.endpoint_id = endpoint.id AND cursor.project_id = %(project)s
         WHERE endpoint.projects = ARRAY[%(slug)s]::varchar[]
           AND settling.head > coalesce(cursor.seq, 0))
"""
NAMES = ("unsettled", "refits", "pushes", "undelivered", "feeds untold")


def left(scene: Scene) -> dict[str, int]:
    """How much waits, by name; only what waits."""
    (slug,) = scene.rows("SELECT slug FROM tasks_app_project WHERE id = %(project)s")[0]
    waiting = scene.rows(LEFT, slug=slug)[0]
    return {name: n for name, n in zip(NAMES, waiting, strict=True) if n}


def drained(scene: Scene) -> Finding:
    """Nothing waits to be settled, fitted, trained or delivered."""
    waiting = [f"{n} {name}" for name, n in left(scene).items()]
    return Finding(f"{len(waiting)} of {len(NAMES)} kinds of work left", waiting)
