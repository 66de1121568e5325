"""Decide admission by more grounds: requirements, guidelines to confirm, entrance exams."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tasks_app", "0008_gold_feedback_and_retirement"),
    ]

    operations = [
        migrations.AddField(
            model_name="admission",
            name="detail",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.AddField(
            model_name="assignment",
            name="is_paid",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="guidelineversion",
            name="changes_answers",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name="admission",
            name="reason_code",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "None"),
                    ("not_admitted", "Not Admitted"),
                    ("restricted", "Restricted"),
                    ("requirement", "Requirement"),
                    ("guidelines_unconfirmed", "Guidelines"),
                    ("exam", "Exam"),
                ],
                max_length=22,
            ),
        ),
        migrations.AlterField(
            model_name="project",
            name="access",
            field=models.CharField(
                choices=[("invited", "Invited"), ("open", "Open"), ("qualified", "Qualified")],
                default="invited",
                max_length=9,
            ),
        ),
    ]
