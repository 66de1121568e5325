"""What becomes of bookmarks when tasks come, or change places, ahead of them."""

from django.db import connection
from django.db.models import F

from tasks_app.models import Project

# So many at once are not worth a late lane: each worker walks once past what they have had.
MOST_LATE = 1000
# The newest front of a project counts; those before it are kept so far.
KEPT_FRONTS = 100
_PRUNE = """
DELETE FROM tasks_app_front AS front
 USING (SELECT project_id, max(id) AS newest FROM tasks_app_front GROUP BY project_id) AS last
 WHERE front.project_id = last.project_id AND front.id < last.newest - %s
"""


def end_bookmarks(*, project: Project, n_tasks: int) -> bool:
    """End every bookmark of the project if so many tasks are ahead of them; whether it did."""
    if n_tasks <= MOST_LATE:
        return False
    Project.objects.filter(pk=project.pk).update(queue_epoch=F("queue_epoch") + 1)
    return True


def prune() -> None:
    """Forget fronts that nobody reads any more."""
    with connection.cursor() as cursor:
        cursor.execute(_PRUNE, [KEPT_FRONTS])
