from django.db import migrations

from kaizala_admin.ui.roles import OPERATOR, VIEWER, grant


def give(apps, schema_editor):
    grant(apps, "outbox", {VIEWER: ["view_attempt"], OPERATOR: ["settle"]})


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
