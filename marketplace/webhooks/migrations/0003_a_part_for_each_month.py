"""The logs of deliveries and attempts have a part for each month."""

import uuid
from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

THERE = Path(__file__).with_suffix(".sql")
BACK = THERE.with_stem(f"{THERE.stem}_back")


class Migration(migrations.Migration):
    dependencies = [
        ("quality", "0008_remember_the_places_given"),
        ("webhooks", "0002_lean_indexes"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(THERE.read_text(), BACK.read_text()),
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="attempt",
                    name="delivery",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="log",
                        to="webhooks.delivery",
                    ),
                ),
                migrations.AlterField(
                    model_name="delivery",
                    name="push",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="quality.push",
                    ),
                ),
                migrations.AlterField(
                    model_name="delivery",
                    name="uid",
                    field=models.UUIDField(default=uuid.uuid4, editable=False),
                ),
                migrations.AddIndex(
                    model_name="delivery",
                    index=models.Index(fields=["uid"], name="delivery_by_uid"),
                ),
                migrations.AddIndex(
                    model_name="delivery",
                    index=models.Index(fields=["push"], name="delivery_of_push"),
                ),
            ],
        ),
    ]
