from django.db import migrations

from kaizala_admin.ui.roles import VIEWER, grant


def give(apps, schema_editor):
    grant(apps, "exports", {VIEWER: ["view_export"]})


class Migration(migrations.Migration):
    dependencies = [
        ("exports", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
