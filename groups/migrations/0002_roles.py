from django.db import migrations

from kaizala_admin.ui.roles import OPERATOR, VIEWER, grant

SEEN = ["group", "grouplink", "reach", "member", "subscriber", "syncrun"]


def give(apps, schema_editor):
    grant(apps, "groups", {VIEWER: [f"view_{model}" for model in SEEN], OPERATOR: ["sync_group"]})


class Migration(migrations.Migration):
    dependencies = [
        ("groups", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
