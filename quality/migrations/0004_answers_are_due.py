"""The database notes with every answer that its task is to be settled."""

from django.db import migrations

from quality.sql import statement


class Migration(migrations.Migration):
    dependencies = [
        ("quality", "0003_forget_models_of_the_first_aggregator"),
        ("tasks_app", "0003_queue_and_tally"),
    ]

    operations = [migrations.RunSQL(statement("answers_are_due"))]
