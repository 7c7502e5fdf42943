from django.db import migrations

from kaizala_admin.ui.roles import ADMINISTRATOR, OPERATOR, VIEWER, grant

SEEN = ["rule", "subscription", "subscriptioncall", "event"]


def give(apps, schema_editor):
    grant(
        apps,
        "webhooks",
        {
            VIEWER: [f"view_{model}" for model in SEEN],
            OPERATOR: ["replay_event"],
            ADMINISTRATOR: ["manage_subscription", "add_rule", "change_rule", "delete_rule"],
        },
    )


class Migration(migrations.Migration):
    dependencies = [
        ("webhooks", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
