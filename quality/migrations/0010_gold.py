"""Results of answers to gold, and gold that is retired or was made from consensus."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Answers that gold was given before have results once it was settled again.
ANSWERED_BEFORE = """
INSERT INTO quality_settledue (task_id, project_id, cause, since)
SELECT task.id, task.project_id, 'answer', now()
  FROM tasks_app_task AS task
 WHERE task.is_gold AND EXISTS (
       SELECT FROM tasks_app_answer AS answer WHERE answer.task_id = task.id)
 ORDER BY task.id
    ON CONFLICT (task_id) DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [
        ("quality", "0009_let_long_refits_rest"),
        ("tasks_app", "0008_gold_feedback_and_retirement"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Promotion",
            fields=[
                (
                    "task",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="promotion",
                        serialize=False,
                        to="tasks_app.task",
                    ),
                ),
                ("last_answer", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Retirement",
            fields=[
                (
                    "task",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="retirement",
                        serialize=False,
                        to="tasks_app.task",
                    ),
                ),
                (
                    "because",
                    models.CharField(
                        choices=[
                            ("failing", "Failing"),
                            ("shown", "Shown"),
                            ("by_hand", "By Hand"),
                        ],
                        max_length=7,
                    ),
                ),
                ("note", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
                ("restored_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("because__in", ["failing", "shown", "by_hand"])),
                        name="retirement_has_a_known_cause",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="GoldResult",
            fields=[
                (
                    "answer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="tasks_app.answer",
                    ),
                ),
                ("score", models.FloatField()),
                ("counts", models.BooleanField(default=True)),
                ("answered_at", models.DateTimeField()),
                (
                    "project",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tasks_app.project",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tasks_app.task",
                    ),
                ),
                (
                    "worker",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["project", "worker"], name="gold_results_of_worker")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("score__gte", 0), ("score__lte", 1)),
                        name="gold_result_is_a_share",
                    )
                ],
            },
        ),
        migrations.RunSQL(ANSWERED_BEFORE, migrations.RunSQL.noop),
    ]
