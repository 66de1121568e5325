"""No index that another one begins with; hot rows are not held to keys that others hold."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("quality", "0003_forget_models_of_the_first_aggregator"),
        ("tasks_app", "0004_lean_indexes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="fieldmodel",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="field_models",
                to="tasks_app.project",
            ),
        ),
        migrations.AlterField(
            model_name="modelversion",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="model_versions",
                to="tasks_app.project",
            ),
        ),
        migrations.AlterField(
            model_name="prediction",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="predictions",
                to="tasks_app.project",
            ),
        ),
        migrations.AlterField(
            model_name="prediction",
            name="task",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="predictions",
                to="tasks_app.task",
            ),
        ),
        migrations.AlterField(
            model_name="reliability",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reliabilities",
                to="tasks_app.project",
            ),
        ),
        migrations.AlterField(
            model_name="revision",
            name="item",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="revisions",
                to="tasks_app.item",
            ),
        ),
        migrations.AlterField(
            model_name="revision",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="revisions",
                to="tasks_app.project",
            ),
        ),
        migrations.AlterField(
            model_name="settledue",
            name="project",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="tasks_app.project",
            ),
        ),
        migrations.AlterField(
            model_name="settledue",
            name="task",
            field=models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                serialize=False,
                to="tasks_app.task",
            ),
        ),
        migrations.AlterField(
            model_name="stoprule",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="stop_rules",
                to="tasks_app.project",
            ),
        ),
        migrations.AlterField(
            model_name="workermodel",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="worker_models",
                to="tasks_app.project",
            ),
        ),
    ]
