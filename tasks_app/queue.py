"""What becomes of bookmarks when tasks come, or change places, ahead of them."""

from django.db.models import F

from tasks_app.models import Project

# So many at once are not worth a late lane: each worker walks once past what they have had.
MOST_LATE = 1000


def end_bookmarks(*, project: Project, n_tasks: int) -> bool:
    """End every bookmark of the project if so many tasks are ahead of them; whether it did."""
    if n_tasks <= MOST_LATE:
        return False
    Project.objects.filter(pk=project.pk).update(queue_epoch=F("queue_epoch") + 1)
    return True
