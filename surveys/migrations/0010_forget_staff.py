"""Answers from the console to anonymous surveys name nobody of the staff, also those given before that was so."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

OVER = ("sent", "failed", "cancelled")


def forget(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    given = apps.get_model("surveys", "Answering").objects.filter(instance__action__is_anonymous=True)
    given.filter(state__in=OVER).update(answers={}, earlier=None, response_id="")
    given.update(by=None)
    actions = [str(key) for key in given.values_list("instance__action", flat=True).distinct()]
    entries = apps.get_model("auditlog", "LogEntry").objects.filter(
        content_type__app_label="surveys", content_type__model="action", object_pk__in=actions
    )
    entries.filter(additional_data__what="answer from here").update(
        actor=None, actor_email=None, remote_addr=None
    )


class Migration(migrations.Migration):
    dependencies = [
        ("surveys", "0009_saved_export_role"),
        ("auditlog", "0017_add_actor_email"),
    ]

    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]
