from django.db import migrations

from kaizala_admin.ui.roles import OPERATOR, VIEWER, grant


def give(apps, schema_editor):
    grant(apps, "groups", {VIEWER: ["view_groupchange"], OPERATOR: ["manage_group"]})


class Migration(migrations.Migration):
    dependencies = [("groups", "0003_changes")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
