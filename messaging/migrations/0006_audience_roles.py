from django.db import migrations

from kaizala_admin.ui.roles import OPERATOR, VIEWER, grant

MODELS = ["savedaudience", "donotcontact"]


def give(apps, schema_editor):
    changes = [f"{verb}_{model}" for verb in ("add", "change", "delete") for model in MODELS]
    grant(apps, "messaging", {VIEWER: [f"view_{model}" for model in MODELS], OPERATOR: changes})


class Migration(migrations.Migration):
    dependencies = [("messaging", "0005_audiences")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
