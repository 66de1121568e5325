"""Vacuum hot tables early and without pauses: their dead rows stand in the way of settling."""

from django.db import migrations

# Few rows, replaced all the time; the settling row has room for its next version on its page.
SMALL = "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500"
SETTINGS = {
    "quality_settledue": SMALL,
    "quality_settling": f"{SMALL}, fillfactor = 20",
}


class Migration(migrations.Migration):
    dependencies = [("quality", "0005_lean_indexes")]

    operations = [
        migrations.RunSQL(
            [f"ALTER TABLE {table} SET ({settings})" for table, settings in SETTINGS.items()],
            [
                f"ALTER TABLE {table} RESET ({', '.join(part.split(' = ')[0] for part in settings.split(', '))})"
                for table, settings in SETTINGS.items()
            ],
        )
    ]
