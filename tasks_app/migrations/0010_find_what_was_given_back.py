"""Find what a worker gave back along an index, for gold comes back as other work does."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # CREATE INDEX CONCURRENTLY refuses to run in a transaction.

    dependencies = [("tasks_app", "0009_grounds_of_admission")]

    operations = [
        # As long as it takes; nobody waits for it.
        migrations.RunSQL("SET statement_timeout = 0", "RESET statement_timeout"),
        AddIndexConcurrently(
            model_name="assignment",
            index=models.Index(
                fields=["worker", "project", "leased_at"],
                condition=models.Q(state="released"),
                name="assignment_given_back",
            ),
        ),
        migrations.RunSQL("RESET statement_timeout", "SET statement_timeout = 0"),
    ]
