"""Gold may be shown to whoever misses it, and retires; a history is read in an order that hides it."""

from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # CREATE INDEX CONCURRENTLY refuses to run in a transaction.

    dependencies = [("tasks_app", "0007_find_the_last_answers")]

    operations = [
        # As long as it takes; nobody waits for it.
        migrations.RunSQL("SET statement_timeout = 0", "RESET statement_timeout"),
        AddIndexConcurrently(
            model_name="assignment",
            index=models.Index(
                -models.F("worker"),
                models.F("leased_at"),
                models.F("uid"),
                name="assignment_history_hidden",
            ),
        ),
        RemoveIndexConcurrently(model_name="assignment", name="assignment_history"),
        migrations.AddField(
            model_name="project",
            name="gold_feedback",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name="task",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "Open"),
                    ("resolved", "Resolved"),
                    ("unresolvable", "Unresolvable"),
                    ("withdrawn", "Withdrawn"),
                    ("retired", "Retired"),
                ],
                default="open",
                max_length=12,
            ),
        ),
        # Held to it from now on; what is there is looked at after, and nobody waits for that.
        AddConstraintNotValid(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "retired"), _negated=True),
                    models.Q(("is_gold", True), ("is_open", False)),
                    _connector="OR",
                ),
                name="task_gold_alone_retires",
            ),
        ),
        ValidateConstraint(model_name="task", name="task_gold_alone_retires"),
        migrations.RunSQL("RESET statement_timeout", "SET statement_timeout = 0"),
    ]
