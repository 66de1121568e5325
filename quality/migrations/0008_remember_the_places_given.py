"""Untouched tasks are placed anew only when the project asks for another number."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("quality", "0007_changes_as_clients_read_them"),
    ]

    operations = [
        migrations.AddField(
            model_name="settling",
            name="placed",
            field=models.PositiveSmallIntegerField(null=True),
        ),
    ]
