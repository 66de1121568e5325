"""The database writes the rows of the feed as clients read them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("quality", "0006_vacuum_hot_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seq", models.BigIntegerField()),
                ("is_latest", models.BooleanField()),
                ("state", models.CharField(max_length=12)),
                ("field", models.CharField(max_length=63)),
                ("confidence", models.FloatField(null=True)),
                ("part_index", models.PositiveIntegerField(null=True)),
                ("told", models.TextField()),
            ],
            options={
                "db_table": "concord_change",
                "managed": False,
            },
        ),
    ]
