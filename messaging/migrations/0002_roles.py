from django.db import migrations

from kaizala_admin.ui.roles import APPROVER, OPERATOR, VIEWER, grant

SEEN = ["broadcast", "dispatch", "delivery", "audienceline"]
WRITING = ["add_broadcast", "change_broadcast", "delete_broadcast", "send_broadcast"]


def give(apps, schema_editor):
    grant(
        apps,
        "messaging",
        {VIEWER: [f"view_{model}" for model in SEEN], OPERATOR: WRITING, APPROVER: ["send_to_many"]},
    )


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
