from django.db import migrations

from kaizala_admin.ui.roles import ADMINISTRATOR, grant

ALL = ("view", "add", "change", "delete")


def give(apps, schema_editor):
    grant(apps, "auth", {ADMINISTRATOR: [f"{verb}_user" for verb in ALL]})
    grant(apps, "ui", {ADMINISTRATOR: [f"{verb}_role" for verb in ALL]})
    seen = ["view_accessattempt", "delete_accessattempt", "view_accesslog"]
    grant(apps, "axes", {ADMINISTRATOR: seen})
    grant(apps, "auditlog", {ADMINISTRATOR: ["view_logentry"]})


class Migration(migrations.Migration):
    dependencies = [
        ("ui", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("axes", "0010_accessattemptexpiration"),
        ("auditlog", "0017_add_actor_email"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
