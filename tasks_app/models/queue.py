"""Where in a project's queue of open tasks a search may begin, and how much there is of all.

Rows are written beside others that hold the same keys, so no foreign key is checked again.
"""

from django.conf import settings
from django.db import models

from tasks_app.models.project import Project


class _Place(models.Model):
    """A place in the main lane, (-priority, rank, task id), and what it promises.

    Every open task before it, but those stamped (late_xid) at or after `seen`, is of no use to
    whom the place is for. That stays true as tasks are taken, so a stale place is a true one.
    It holds within an epoch of the project and a start of the server, as `seen` is a
    transaction of that server. Only what can be found again is lost with an unlogged table.
    """

    project = models.ForeignKey(
        Project, models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    epoch = models.BigIntegerField()
    server_started = models.DateTimeField()
    seen = models.BigIntegerField()
    neg_priority = models.IntegerField()
    rank = models.FloatField()
    task_id = models.BigIntegerField()

    class Meta:
        abstract = True


class Bookmark(_Place):
    """The place of one worker: they have had every open task before it."""

    worker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["worker", "project"], name="one_bookmark_per_worker")
        ]

    def __str__(self) -> str:
        return f"bookmark of {self.worker_id} in {self.project_id}"


class Front(_Place):
    """A place for everybody: no task before it is open. Only added to; the newest counts."""

    class Meta:
        indexes = [models.Index(fields=["project", "id"], name="front_newest")]

    def __str__(self) -> str:
        return f"front of {self.project_id}"


class Tally(models.Model):
    """A change of a project's counts; their sum is what there is.

    The database adds one with every change it counts, in the same transaction, so that no two
    workers wait for one counter; the sweeper folds many into one.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_constraint=False)
    items = models.BigIntegerField(db_default=0)
    tasks = models.BigIntegerField(db_default=0)
    open_tasks = models.BigIntegerField(db_default=0)
    resolved = models.BigIntegerField(db_default=0)
    unresolvable = models.BigIntegerField(db_default=0)
    answers = models.BigIntegerField(db_default=0)

    def __str__(self) -> str:
        return f"tally of {self.project_id}"
