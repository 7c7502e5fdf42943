from django.db import migrations

from kaizala_admin.ui.roles import OPERATOR, VIEWER, grant


def give(apps, schema_editor):
    write = [f"{verb}_{name}" for name in ("savedmessage", "testphones") for verb in ("add", "change", "delete")]
    grant(
        apps,
        "messaging",
        {VIEWER: ["view_savedmessage", "view_testphones"], OPERATOR: write},
    )


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0015_personal_text"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
