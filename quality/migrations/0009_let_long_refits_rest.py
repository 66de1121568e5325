"""After a long refit the next one waits, however fast answers come in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("quality", "0008_remember_the_places_given"),
    ]

    operations = [
        migrations.AddField(
            model_name="settling",
            name="rests_until",
            field=models.DateTimeField(null=True),
        ),
    ]
