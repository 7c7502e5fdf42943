from django.db import migrations

from kaizala_admin.ui.roles import VIEWER, grant


def give(apps, schema_editor):
    grant(apps, "webhooks", {VIEWER: ["view_stray", "view_straycall"]})


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0004_strays")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
