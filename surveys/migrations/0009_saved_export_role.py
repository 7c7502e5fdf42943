from django.db import migrations

from kaizala_admin.ui.roles import OPERATOR, VIEWER, grant


def give(apps, schema_editor):
    grant(apps, "surveys", {VIEWER: ["view_savedexport"], OPERATOR: ["change_savedexport"]})


class Migration(migrations.Migration):
    dependencies = [("surveys", "0008_saved_export")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
