"""One page of work and the places for answers on it."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL

from tasks_app.models.item import Item
from tasks_app.models.project import Project


class Task(models.Model):
    """The form, asked about one item or one part of it.

    Invariant: answers_due = open_slots + live leases, and slots = answers that took a
    slot + answers_due; so live leases and accepted answers never exceed the slots given.
    A gold task has no slots: it is served without bound and counts nothing, until it is retired.
    """

    class State(models.TextChoices):
        OPEN = "open"
        RESOLVED = "resolved"
        UNRESOLVABLE = "unresolvable"
        WITHDRAWN = "withdrawn"
        RETIRED = "retired"

    # Of these nothing is learned any more.
    GONE = (State.WITHDRAWN, State.RETIRED)

    # Shown, and never looked up: no index has to hold what comes at random places.
    uid = models.UUIDField(default=uuid.uuid4, editable=False)
    # Its item says the same, and is held to it.
    project = models.ForeignKey(
        Project, models.CASCADE, related_name="tasks", db_index=False, db_constraint=False
    )
    item = models.ForeignKey(Item, models.CASCADE, related_name="tasks", db_index=False)
    part_index = models.PositiveIntegerField(null=True)
    part_of = models.PositiveIntegerField(null=True)
    part_start = models.PositiveIntegerField(null=True)
    part_end = models.PositiveIntegerField(null=True)
    is_gold = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    priority = models.IntegerField(default=0)
    # The order among tasks of one priority: smaller is sooner.
    rank = models.FloatField(default=0)
    slots = models.PositiveSmallIntegerField(null=True)
    open_slots = models.PositiveSmallIntegerField(null=True)
    answers_due = models.PositiveSmallIntegerField(null=True)
    is_open = models.BooleanField(default=True)
    # Answers taken in, by whatever way; what a fit saw is compared with it.
    n_answers = models.PositiveIntegerField(default=0)
    # The transaction that last put it on offer behind bookmarks; the database stamps it, at
    # the insert and whenever open_slots grows. 0: in an upload that ended all bookmarks instead.
    late_xid = models.BigIntegerField(db_default=RawSQL("pg_current_xact_id()::text::bigint", []))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(open_slots__gte=0)
                & Q(answers_due__gte=F("open_slots"))
                & Q(slots__gte=F("answers_due")),
                name="task_slots_within_due_within_given",
            ),
            models.CheckConstraint(
                condition=Q(is_gold=True, slots=None, open_slots=None, answers_due=None)
                | Q(
                    is_gold=False,
                    slots__isnull=False,
                    open_slots__isnull=False,
                    answers_due__isnull=False,
                ),
                name="task_gold_has_no_slots",
            ),
            models.CheckConstraint(
                condition=Q(is_gold=True)
                | Q(is_open=True, open_slots__gt=0)
                | Q(is_open=False, open_slots=0),
                name="task_is_open_while_slots_are",
            ),
            models.CheckConstraint(
                condition=~Q(state="retired") | Q(is_gold=True, is_open=False),
                name="task_gold_alone_retires",
            ),
            models.UniqueConstraint(
                fields=["item", "part_index"], name="task_once_per_part", nulls_distinct=False
            ),
        ]
        indexes = [
            # The main lane. All keys ascend, so that "from a bookmark on" is one condition.
            models.Index(
                F("project"),
                -F("priority"),
                F("rank"),
                F("id"),
                condition=Q(is_open=True, is_gold=False),
                name="task_claimable",
            ),
            # The late lane: what came on offer behind bookmarks. The most urgent of it ...
            models.Index(
                F("project"),
                -F("priority"),
                F("late_xid"),
                F("rank"),
                F("id"),
                condition=Q(is_open=True, is_gold=False, late_xid__gt=0),
                name="task_late_urgent",
            ),
            # ... and the longest there.
            models.Index(
                fields=["project", "late_xid", "rank", "id"],
                condition=Q(is_open=True, is_gold=False, late_xid__gt=0),
                name="task_late",
            ),
            models.Index(fields=["project", "id"], name="task_of_project"),
            models.Index(fields=["project", "uid"], condition=Q(is_gold=True), name="task_gold"),
        ]

    def __str__(self) -> str:
        return f"task {self.uid}"
