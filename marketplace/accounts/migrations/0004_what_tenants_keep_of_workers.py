"""Keep what tenants know of workers: attributes, and the lists they are on."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_lean_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenantworker",
            name="attributes",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="tenantworker",
            name="lists",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=63), db_default=[], default=list, size=None
            ),
        ),
    ]
