"""What the first aggregator learned cannot be read by the present one: every project fits anew."""

from django.db import migrations
from django.utils import timezone


def forget(apps, schema_editor):
    apps.get_model("quality", "WorkerModel").objects.all().delete()
    apps.get_model("quality", "FieldModel").objects.all().delete()
    apps.get_model("quality", "Settling").objects.update(n_fitted=0, refit_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("quality", "0002_stop_rules_and_parameters")]

    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]
