from django.db import migrations

from kaizala_admin.ui.roles import ADMINISTRATOR, grant


def give(apps, schema_editor):
    grant(apps, "connectors", {ADMINISTRATOR: ["take_over"]})


class Migration(migrations.Migration):
    dependencies = [("connectors", "0005_instance")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
