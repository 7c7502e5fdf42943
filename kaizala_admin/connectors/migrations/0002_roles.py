from django.db import migrations

from kaizala_admin.ui.roles import ADMINISTRATOR, VIEWER, grant

ADMINISTRATED = ["tenant", "connector", "grant"]
USERS = [f"{verb}_{model}" for model in ("user", "group") for verb in ("add", "change", "delete", "view")]


def give(apps, schema_editor):
    kept = [f"{verb}_{model}" for model in ADMINISTRATED for verb in ("add", "change", "delete")]
    seen = [f"view_{model}" for model in ADMINISTRATED]
    grant(apps, "connectors", {VIEWER: seen, ADMINISTRATOR: [*kept, "view_apicall", "test_connector"]})
    grant(apps, "auth", {ADMINISTRATOR: USERS})


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
