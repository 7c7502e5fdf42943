from django.db import migrations

from kaizala_admin.ui.roles import ADMINISTRATOR, grant


def give(apps, schema_editor):
    grant(apps, "exports", {ADMINISTRATOR: ["archive_tenant"]})


class Migration(migrations.Migration):
    dependencies = [("exports", "0003_archive")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
