from django.db import migrations

from kaizala_admin.ui.roles import VIEWER, grant


def give(apps, schema_editor):
    grant(apps, "groups", {VIEWER: ["view_importrun"]})


class Migration(migrations.Migration):
    dependencies = [("groups", "0006_imports")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
