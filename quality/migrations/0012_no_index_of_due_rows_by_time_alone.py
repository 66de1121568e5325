"""Due rows are looked for by project; by their time alone nobody asks."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False  # DROP INDEX CONCURRENTLY refuses to run in a transaction.

    dependencies = [("quality", "0011_skills_and_standings")]

    operations = [RemoveIndexConcurrently(model_name="settledue", name="settle_due_oldest")]
