"""Claims begin at bookmarks, and what a project has is counted as it changes."""

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

UNLOGGED = ("tasks_app_bookmark", "tasks_app_front")


class Migration(migrations.Migration):
    dependencies = [
        ("tasks_app", "0002_leave_room_on_hot_pages"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Bookmark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("epoch", models.BigIntegerField()),
                ("server_started", models.DateTimeField()),
                ("seen", models.BigIntegerField()),
                ("neg_priority", models.IntegerField()),
                ("rank", models.FloatField()),
                ("task_id", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Front",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("epoch", models.BigIntegerField()),
                ("server_started", models.DateTimeField()),
                ("seen", models.BigIntegerField()),
                ("neg_priority", models.IntegerField()),
                ("rank", models.FloatField()),
                ("task_id", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("items", models.BigIntegerField(db_default=0)),
                ("tasks", models.BigIntegerField(db_default=0)),
                ("open_tasks", models.BigIntegerField(db_default=0)),
                ("resolved", models.BigIntegerField(db_default=0)),
                ("unresolvable", models.BigIntegerField(db_default=0)),
                ("answers", models.BigIntegerField(db_default=0)),
            ],
        ),
        migrations.RemoveIndex(
            model_name="assignment",
            name="assignment_live",
        ),
        migrations.RemoveIndex(
            model_name="task",
            name="task_claimable",
        ),
        migrations.RemoveIndex(
            model_name="task",
            name="task_gold",
        ),
        migrations.AddField(
            model_name="project",
            name="queue_epoch",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="task",
            name="late_xid",
            # What is there already is behind no bookmark.
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AlterField(
            model_name="task",
            name="late_xid",
            field=models.BigIntegerField(
                db_default=django.db.models.expressions.RawSQL(
                    "pg_current_xact_id()::text::bigint", []
                )
            ),
        ),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(
                condition=models.Q(("state", "leased")),
                fields=["worker", "project", "leased_until"],
                name="assignment_live",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                models.F("project"),
                django.db.models.expressions.CombinedExpression(
                    models.F("priority"), "*", models.Value(-1)
                ),
                models.F("rank"),
                models.F("id"),
                condition=models.Q(("is_gold", False), ("is_open", True)),
                name="task_claimable",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                models.F("project"),
                django.db.models.expressions.CombinedExpression(
                    models.F("priority"), "*", models.Value(-1)
                ),
                models.F("late_xid"),
                models.F("rank"),
                models.F("id"),
                condition=models.Q(("is_gold", False), ("is_open", True), ("late_xid__gt", 0)),
                name="task_late_urgent",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("is_gold", False), ("is_open", True), ("late_xid__gt", 0)),
                fields=["project", "late_xid", "rank", "id"],
                name="task_late",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("is_gold", True)), fields=["project", "uid"], name="task_gold"
            ),
        ),
        migrations.AddField(
            model_name="bookmark",
            name="project",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="tasks_app.project",
            ),
        ),
        migrations.AddField(
            model_name="bookmark",
            name="worker",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="front",
            name="project",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="tasks_app.project",
            ),
        ),
        migrations.AddField(
            model_name="tally",
            name="project",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="tasks_app.project",
            ),
        ),
        migrations.AddConstraint(
            model_name="bookmark",
            constraint=models.UniqueConstraint(
                fields=("worker", "project"), name="one_bookmark_per_worker"
            ),
        ),
        migrations.AddIndex(
            model_name="front",
            index=models.Index(fields=["project", "id"], name="front_newest"),
        ),
        migrations.RunSQL(
            [f"ALTER TABLE {table} SET UNLOGGED" for table in UNLOGGED],
            [f"ALTER TABLE {table} SET LOGGED" for table in UNLOGGED],
        ),
        migrations.RunSQL("ALTER TABLE tasks_app_bookmark SET (fillfactor = 50)", ""),
    ]
