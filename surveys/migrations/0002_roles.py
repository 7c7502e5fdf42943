from django.db import migrations

from kaizala_admin.ui.roles import ADMINISTRATOR, OPERATOR, VIEWER, grant

SEEN = ["action", "actioninstance", "question", "assignee", "response", "responseedit", "review", "answersync"]
SEEN += ["answering", "reminder", "answerschedule"]
DONE = ["sync_answers", "answer_action", "remind_people", "change_review"]


def give(apps, schema_editor):
    grant(
        apps,
        "surveys",
        {
            VIEWER: [f"view_{model}" for model in SEEN],
            OPERATOR: DONE,
            ADMINISTRATOR: ["change_answerschedule"],
        },
    )


class Migration(migrations.Migration):
    dependencies = [
        ("surveys", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
