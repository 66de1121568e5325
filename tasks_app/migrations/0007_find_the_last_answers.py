"""Find the last answers of a project along an index, and a worker's by one index instead of two."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # CREATE INDEX CONCURRENTLY refuses to run in a transaction.

    dependencies = [("tasks_app", "0006_hold_hot_rows_once")]

    operations = [
        # As long as it takes; nobody waits for it.
        migrations.RunSQL("SET statement_timeout = 0", "RESET statement_timeout"),
        AddIndexConcurrently(
            model_name="answer",
            index=models.Index(fields=["worker", "project"], name="answers_of_worker"),
        ),
        AddIndexConcurrently(
            model_name="answer",
            index=models.Index(fields=["project", "id"], name="answers_of_project"),
        ),
        RemoveIndexConcurrently(model_name="answer", name="answer_of_worker"),
        migrations.AlterField(
            model_name="answer",
            name="worker",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="answers",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunSQL("RESET statement_timeout", "SET statement_timeout = 0"),
    ]
