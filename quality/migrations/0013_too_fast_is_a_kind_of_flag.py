"""Too fast is noted beside another suspicion."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("quality", "0012_no_index_of_due_rows_by_time_alone")]

    operations = [
        migrations.AlterField(
            model_name="flag",
            name="kind",
            field=models.CharField(
                choices=[
                    ("low_accuracy", "Low Accuracy"),
                    ("low_information", "Low Information"),
                    ("drift", "Drift"),
                    ("copying", "Copying"),
                    ("too_fast", "Too Fast"),
                ],
                max_length=20,
            ),
        ),
    ]
