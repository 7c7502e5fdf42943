from django.db import migrations

from kaizala_admin.ui.roles import APPROVER, grant


def give(apps, schema_editor):
    grant(apps, "messaging", {APPROVER: ["ignore_quiet"]})


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0013_schedules"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
