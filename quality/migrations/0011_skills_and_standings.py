"""Keep what projects ask of workers, and what is known of them."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("quality", "0010_gold"),
        ("tasks_app", "0009_grounds_of_admission"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.TENANT_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Gate",
            fields=[
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="tasks_app.project",
                    ),
                ),
                ("requirements", models.JSONField(null=True)),
                ("exam", models.JSONField(null=True)),
                ("training", models.JSONField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                (
                    "answer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="tasks_app.answer",
                    ),
                ),
                ("accepted", models.BooleanField()),
                ("note", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Sitting",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("n", models.PositiveIntegerField()),
                ("score", models.FloatField()),
                ("low", models.FloatField()),
                ("passed", models.BooleanField()),
                ("decided_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Skill",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=63)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("gold", "Gold"),
                            ("consensus", "Consensus"),
                            ("training", "Training"),
                            ("exam", "Exam"),
                            ("review", "Review"),
                            ("speed", "Speed"),
                            ("by_hand", "By Hand"),
                        ],
                        max_length=9,
                    ),
                ),
                ("window", models.PositiveSmallIntegerField(null=True)),
                ("ttl_days", models.PositiveSmallIntegerField(null=True)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="SkillValue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("value", models.FloatField()),
                ("low", models.FloatField()),
                ("high", models.FloatField()),
                ("n", models.PositiveIntegerField()),
                ("changed_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Standing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("n_answers", models.PositiveIntegerField()),
                ("n_accepted", models.PositiveIntegerField()),
                ("n_timed", models.PositiveIntegerField()),
                ("seconds", models.FloatField()),
                (
                    "recent_agreement",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(), default=list, size=None
                    ),
                ),
                (
                    "recent_speed",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(), default=list, size=None
                    ),
                ),
                ("last_answer_at", models.DateTimeField()),
                ("figures", models.JSONField()),
                ("mirrored", models.JSONField(default=dict)),
                ("n_mirrored", models.PositiveIntegerField(default=0)),
                ("studied_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Study",
            fields=[
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="tasks_app.project",
                    ),
                ),
                ("due_at", models.DateTimeField(null=True)),
                ("is_quiet", models.BooleanField(default=False)),
                ("fence", models.BigIntegerField(default=0)),
                ("leased_until", models.DateTimeField(null=True)),
                ("rests_until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="goldresult",
            name="is_examined",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name="flag",
            name="kind",
            field=models.CharField(
                choices=[
                    ("low_accuracy", "Low Accuracy"),
                    ("low_information", "Low Information"),
                    ("drift", "Drift"),
                    ("copying", "Copying"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddIndex(
            model_name="goldresult",
            index=models.Index(
                condition=models.Q(("is_examined", False)),
                fields=["project"],
                name="gold_results_unexamined",
            ),
        ),
        migrations.AddConstraint(
            model_name="gate",
            constraint=models.CheckConstraint(
                condition=models.Q(("exam", None), ("training", None), _connector="OR"),
                name="gate_is_exam_or_training",
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="tasks_app.project",
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="worker",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="sitting",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="sittings",
                to="tasks_app.project",
            ),
        ),
        migrations.AddField(
            model_name="sitting",
            name="worker",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="skill",
            name="project",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="skills",
                to="tasks_app.project",
            ),
        ),
        migrations.AddField(
            model_name="skill",
            name="tenant",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.TENANT_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="skillvalue",
            name="skill",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="values",
                to="quality.skill",
            ),
        ),
        migrations.AddField(
            model_name="skillvalue",
            name="worker",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="skills",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="standing",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="standings",
                to="tasks_app.project",
            ),
        ),
        migrations.AddField(
            model_name="standing",
            name="worker",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="study",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)),
                fields=["due_at"],
                name="study_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(fields=["project", "worker"], name="reviews_of_worker"),
        ),
        migrations.AddConstraint(
            model_name="sitting",
            constraint=models.UniqueConstraint(
                fields=("project", "worker", "number"), name="sitting_numbered_per_worker"
            ),
        ),
        migrations.AddConstraint(
            model_name="sitting",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("low__gte", 0),
                    ("low__lte", 1),
                    ("score__gte", 0),
                    ("score__lte", models.F("n")),
                ),
                name="sitting_score_within_n",
            ),
        ),
        migrations.AddConstraint(
            model_name="skill",
            constraint=models.UniqueConstraint(
                fields=("tenant", "name"), name="skill_once_per_tenant", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="skill",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("source__in", ["training", "exam"]), _negated=True),
                    ("project__isnull", False),
                    _connector="OR",
                ),
                name="skill_of_an_exam_has_its_project",
            ),
        ),
        migrations.AddConstraint(
            model_name="skill",
            constraint=models.CheckConstraint(
                condition=models.Q(("project", None), ("tenant__isnull", False), _connector="OR"),
                name="skill_of_a_project_has_its_tenant",
            ),
        ),
        migrations.AddIndex(
            model_name="skillvalue",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False)),
                fields=["expires_at"],
                name="skill_value_expiring",
            ),
        ),
        migrations.AddConstraint(
            model_name="skillvalue",
            constraint=models.UniqueConstraint(fields=("skill", "worker"), name="skill_value_once"),
        ),
        migrations.AddConstraint(
            model_name="skillvalue",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("low__lte", models.F("value")), ("value__lte", models.F("high"))
                ),
                name="skill_value_within_its_interval",
            ),
        ),
        migrations.AddConstraint(
            model_name="standing",
            constraint=models.UniqueConstraint(
                fields=("project", "worker"), name="one_standing_per_worker"
            ),
        ),
        migrations.AddConstraint(
            model_name="standing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("n_accepted__lte", models.F("n_answers")),
                    ("n_timed__lte", models.F("n_answers")),
                ),
                name="standing_counts_within_answers",
            ),
        ),
    ]
