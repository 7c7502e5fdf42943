from django.db import migrations

from kaizala_admin.ui.roles import OPERATOR, VIEWER, grant


def give(apps, schema_editor):
    grant(apps, "surveys", {VIEWER: ["view_feed"], OPERATOR: ["make_feed", "review_response"]})


class Migration(migrations.Migration):
    dependencies = [("surveys", "0004_feed")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
