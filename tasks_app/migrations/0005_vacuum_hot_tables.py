"""Vacuum hot tables early and without pauses: their dead rows stand in the way of claims."""

from django.db import migrations

# Old rows of these are dead soon after they are born.
EARLY = (
    "autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0, "
    "autovacuum_analyze_scale_factor = 0.05"
)
SMALL = "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500"
SETTINGS = {
    "tasks_app_task": EARLY,
    "tasks_app_assignment": EARLY,
    "tasks_app_bookmark": EARLY,
    "tasks_app_tally": SMALL,
    "tasks_app_front": SMALL,
}


class Migration(migrations.Migration):
    dependencies = [("tasks_app", "0004_lean_indexes")]

    operations = [
        migrations.RunSQL(
            [f"ALTER TABLE {table} SET ({settings})" for table, settings in SETTINGS.items()],
            [
                f"ALTER TABLE {table} RESET ({', '.join(part.split(' = ')[0] for part in settings.split(', '))})"
                for table, settings in SETTINGS.items()
            ],
        )
    ]
