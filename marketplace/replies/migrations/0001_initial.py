"""Replies are kept under the keys that callers chose."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Reply",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=255)),
                ("fingerprint", models.BinaryField(max_length=32)),
                ("status", models.PositiveSmallIntegerField()),
                ("body", models.BinaryField(null=True)),
                ("made", models.CharField(default="", max_length=200)),
                ("told_at", models.DateTimeField()),
                (
                    "caller",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["told_at"], name="reply_oldest")],
                "constraints": [
                    models.UniqueConstraint(fields=("caller", "key"), name="reply_once_per_key"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("body__isnull", False),
                            models.Q(("made", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="reply_has_body_or_names_made",
                    ),
                ],
            },
        ),
    ]
