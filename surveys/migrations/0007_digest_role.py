from django.db import migrations

from kaizala_admin.ui.roles import OPERATOR, VIEWER, grant


def give(apps, schema_editor):
    grant(apps, "surveys", {VIEWER: ["view_digest"], OPERATOR: ["set_digest"]})


class Migration(migrations.Migration):
    dependencies = [("surveys", "0006_digest")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
